#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Are a daemon's answers what an OpenAPI file says?

check_answers.py OPENAPI FOLDER TAG...

FOLDER has files N.meta, "METHOD URL STATUS TYPE", and N.body.  Every answer must fit the schema of its
operation and status, without members that the schema does not name; every operation with one of the tags
must have been good once, and refused once where it can be.  Prints what is wrong, one line each.
Debian's own python3, which has the modules.
"""
import json
import pathlib
import re
import sys
from urllib.parse import urlsplit

import jsonschema
import yaml

METHODS = {"get", "put", "post", "delete"}


def expanded(node, root):
    """The same without $ref, and strict about members."""
    if isinstance(node, list):
        return [expanded(item, root) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = root
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return expanded(target, root)
    node = {key: expanded(value, root) for key, value in node.items()}
    if node.get("type") == "object" and "properties" in node:
        node.setdefault("additionalProperties", False)
    return node


def operations(file):
    """(method, pattern of the path, template, operation)"""
    root = yaml.safe_load(pathlib.Path(file).read_text())
    for template, item in root["paths"].items():
        pattern = re.compile(re.sub(r"\\{[a-z]+\\}", "[^/]+", re.escape(template)))
        for method in METHODS & item.keys():
            yield method.upper(), pattern, template, expanded(item[method], root)


def fault(operation, status, kind, body):
    """What is wrong with an answer, or None."""
    answer = operation["responses"].get(status) or operation["responses"].get("default")
    if not answer:
        return f"status {status} is not in the file"
    content = answer.get("content", {})
    if not content:
        return "a body, where none is in the file" if body else None
    if kind not in content:
        return f"type {kind!r} is not in the file"
    if kind == "application/json":
        try:
            jsonschema.validate(json.loads(body), content[kind]["schema"], jsonschema.Draft4Validator)
        except (ValueError, jsonschema.ValidationError) as wrong:
            return str(wrong).splitlines()[0]
    return None


def answers(folder):
    """(method, path, status, type, body) of each that was kept"""
    for meta in sorted(pathlib.Path(folder).glob("*.meta")):
        method, url, status, kind = (meta.read_text().strip() + " ").split(" ", 3)
        body = meta.with_suffix(".body")
        yield method, urlsplit(url).path, status, kind.split(";")[0].strip(), body.read_bytes() if body.exists() else b""


def faults(file, folder, tags):
    known = list(operations(file))
    good, refused = set(), set()
    for method, path, status, kind, body in answers(folder):
        for named, pattern, template, operation in known:
            if named != method or not pattern.fullmatch(path):
                continue
            (good if status.startswith("2") else refused).add((method, template))
            wrong = fault(operation, status, kind, body)
            if wrong:
                yield f"{method} {path} {status}: {wrong}"
    for method, _, template, operation in known:
        if not tags & set(operation["tags"]):
            continue
        if (method, template) not in good:
            yield f"{method} {template}: no good answer was seen"
        if operation.get("security") != [] and (method, template) not in refused:
            yield f"{method} {template}: no refusal was seen"


found = list(faults(sys.argv[1], sys.argv[2], set(sys.argv[3:])))
print("\n".join(found))
sys.exit(1 if found else 0)
