#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_metrics.py [FILE]: is this the text format of Prometheus 0.0.4, written as it should be?

One line on standard output a fault; exit 1 when there is any.  Asked more than the format does:
HELP and TYPE for every family, names of counters end in _total, nothing else's does, times in
_seconds, no family of summaries or without a type, no timestamps."""
import math
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
SAMPLE = re.compile(r"(" + NAME + r")(?:\{(.*)\})? (\S+)\Z")
TYPES = ("counter", "gauge", "histogram")


def labels_of(text):
    found, at = [], 0
    while at < len(text):
        m = LABEL.match(text, at)
        if not m:
            raise ValueError("labels " + text)
        found.append((m.group(1), m.group(2)))
        at = m.end()
        if at < len(text):
            if text[at] != "," or at + 1 == len(text):
                raise ValueError("labels " + text)
            at += 1
    if len({k for k, _ in found}) != len(found):
        raise ValueError("label twice in " + text)
    return found


def number(text):
    if not re.fullmatch(r"[-+]?(\d+(\.\d+)?([eE][-+]?\d+)?|Inf)|NaN", text):
        raise ValueError("value " + text)
    return float(text.replace("Inf", "inf"))


class Checker:
    def __init__(self):
        self.faults, self.families, self.open, self.seen = [], {}, None, set()

    def fault(self, n, text):
        self.faults.append("line %d: %s" % (n, text))

    def comment(self, n, line):
        m = re.match(r"# (HELP|TYPE) (" + NAME + r") (.+)\Z", line)
        if not m:
            return self.fault(n, "comment " + line)
        kind, name, rest = m.groups()
        if kind == "HELP":
            if name in self.families:
                self.fault(n, "family %s twice" % name)
            if re.search(r"\\(?![\\n])", rest):
                self.fault(n, "help of %s is not escaped" % name)
            self.families[name] = {"type": None, "samples": []}
            self.open = name
            return None
        family = self.families.get(name)
        if family is None or name != self.open or family["type"] or family["samples"]:
            return self.fault(n, "TYPE of %s is not behind its HELP" % name)
        if rest not in TYPES:
            self.fault(n, "type %s" % rest)
        family["type"] = rest
        if (rest == "counter") != name.endswith("_total"):
            self.fault(n, "%s is a %s" % (name, rest))
        if rest == "histogram" and not name.endswith("_seconds"):
            self.fault(n, "%s is a histogram of no time" % name)
        return None

    def sample(self, n, line):
        m = SAMPLE.match(line)
        if not m:
            return self.fault(n, "sample " + line)
        try:
            labels, value = labels_of(m.group(2) or ""), number(m.group(3))
        except ValueError as e:
            return self.fault(n, str(e))
        name, family = m.group(1), self.families.get(self.open)
        ends = ("_bucket", "_sum", "_count") if family and family["type"] == "histogram" else ("",)
        if family is None or not family["type"] or name not in [self.open + e for e in ends]:
            return self.fault(n, "%s stands outside its family" % name)
        key = (name, tuple(sorted(labels)))
        if key in self.seen:
            self.fault(n, "sample twice: " + line)
        self.seen.add(key)
        if family["type"] != "gauge" and not value >= 0:
            self.fault(n, "less than nothing: " + line)
        family["samples"].append((n, name[len(self.open):], labels, value))
        return None

    def histogram(self, name, samples):
        rows = {}
        for n, end, labels, value in samples:
            rest = tuple(sorted((k, v) for k, v in labels if k != "le"))
            rows.setdefault(rest, []).append((n, end, dict(labels).get("le"), value))
        for row in rows.values():
            n = row[0][0]
            buckets = [(number(le), v) for _, end, le, v in row if end == "_bucket" and le is not None]
            ends = [end for _, end, _, _ in row]
            if ends != ["_bucket"] * len(buckets) + ["_sum", "_count"]:
                self.fault(n, "%s: buckets, sum, count expected" % name)
                continue
            if buckets != sorted(buckets) or len({le for le, _ in buckets}) != len(buckets):
                self.fault(n, "%s: bounds or counts do not grow" % name)
            if any(a[1] > b[1] for a, b in zip(buckets, buckets[1:])):
                self.fault(n, "%s: counts do not grow" % name)
            if not buckets or not math.isinf(buckets[-1][0]) or buckets[-1][1] != row[-1][3]:
                self.fault(n, "%s: +Inf is not the count" % name)

    def run(self, data):
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as e:
            return self.fault(0, str(e))
        if not text.endswith("\n"):
            self.fault(0, "no line feed at the end")
        if "\r" in text:
            self.fault(0, "carriage return")
        for n, line in enumerate(text.split("\n")[:-1], 1):
            if line.startswith("#"):
                self.comment(n, line)
            else:
                self.sample(n, line)
        for name, family in self.families.items():
            if not family["type"]:
                self.fault(0, "%s has no type" % name)
            if family["type"] == "histogram":
                self.histogram(name, family["samples"])
        return None


def faults_of(data):
    checker = Checker()
    checker.run(data)
    return checker.faults


GOOD = b"""# HELP a_total x
# TYPE a_total counter
a_total{r="o\\"k",p="\\\\\\n"} 1
a_total{r="b"} 2
# HELP h_seconds x
# TYPE h_seconds histogram
h_seconds_bucket{le="0.1"} 1
h_seconds_bucket{le="+Inf"} 2
h_seconds_sum 0.25
h_seconds_count 2
"""
BAD = [
    (b'r="b"', b'r="o\\"k",p="\\\\\\n"'), (b"} 2\n#", b"} 2 3\n#"), (b"} 2\n#", b"} x\n#"), (b"counter", b"gauge"),
    (b"counter", b"summary"), (b'+Inf"} 2', b'+Inf"} 3'), (b'+Inf"', b'9"'), (b"_count 2\n", b"_count 2"), (b'0.1"} 1', b'0.1"} 3'),
    (b"# TYPE a_total counter\n", b""), (b"# HELP h_seconds x\n", b""), (b'r="b"', b'r="b",'), (b'r="b"', b'r=b'),
    (b'r="b"', b'r="\\x"'), (b"h_seconds_sum 0.25\n", b""), (b"a_total{r=\"b\"}", b"b_total"), (b'r="b"', b'r="b",r="c"'),
    (b"} 2\n#", b"} -2\n#"), (b"_count 2\n", b'_count 2\na_total{r="z"} 1\n'), (b'r="b"', b'r="\xff"'),
]


def main():
    if len(sys.argv) == 2 and sys.argv[1] == "--self-test":
        wrong = ["good: " + f for f in faults_of(GOOD)]
        wrong += ["not found: %r" % (new,) for old, new in BAD if not faults_of(GOOD.replace(old, new, 1))]
        wrong += ["no change: %r" % (new,) for old, new in BAD if GOOD.replace(old, new, 1) == GOOD]
    else:
        source = open(sys.argv[1], "rb") if len(sys.argv) > 1 else sys.stdin.buffer
        wrong = faults_of(source.read())
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(1 if wrong else 0)


main()
