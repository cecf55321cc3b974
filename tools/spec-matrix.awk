# SPDX-License-Identifier: Apache-2.0
# The rows of doc/spec-matrix.md, unsorted, out of the clauses that sources cite; tools/gen.sh
# calls it:
#
#   code    /*= TS 33.220 4.5.2, 5.3.2; RFC 3310 3.4: what it does there */
#   tests   the same in C; "(TS 33.220 4.5.2)" in the title of a scenario; "# TS 33.220 B.3" in vectors
#
# A citation ends at the first ": ", so that what is said about it may name others.

function with(list, name) {
    return index(" " list " ", " " name " ") ? list : list (list == "" ? "" : " ") name
}
function note(spec, clause,   key) {
    key = spec " " clause
    if (!(key in seen))
        keys[++n_keys] = key
    seen[key] = 1
    if (FILENAME ~ /^tests\//)
        tests[key] = with(tests[key], FILENAME)
    else
        code[key] = with(code[key], FILENAME)
}

# One word after another: the name of a document, then clauses, until a word that is neither.
function cite(text,   n, i, words, spec, word) {
    sub(/: .*/, "", text)
    gsub(/[,;()]/, " & ", text)
    n = split(text, words, " ")
    spec = ""
    for (i = 1; i <= n; i++) {
        word = words[i]
        if (word ~ /^(TS|RFC|FIPS)$/) {
            spec = word " " words[++i]
            if (words[i + 1] ~ /^[0-9][0-9][0-9]$/ && words[i] ~ /^10[0-9]$/)
                spec = spec " " words[++i]
        } else if (word ~ /^TS-[0-9][0-9][0-9][0-9]$/) {
            spec = word
        } else if (spec != "" && word ~ /^(annex|table)$/) {
            note(spec, word " " words[++i])
        } else if (spec != "" && word ~ /^([0-9]+|[A-Z])(\.[0-9A-Z]+)*\.?$/) {
            sub(/\.$/, "", word)
            note(spec, word)
        } else if (word !~ /^[,;]$/ && word != "ETSI") {
            spec = ""
        }
    }
}

FILENAME ~ /\.scn$/ && FNR == 1 && match($0, /\((TS|RFC) .*\)$/) {
    cite(substr($0, RSTART + 1, RLENGTH - 2))
}
FILENAME ~ /\.vec$/ && sub(/^# /, "") {
    cite($0)
}
FILENAME ~ /\.[ch]$/ && match($0, /\/\*= /) {
    text = substr($0, RSTART + 4)
    while (text !~ /\*\// && text !~ /: / && (getline line) > 0) {
        sub(/^ *\* */, "", line)
        text = text " " line
    }
    sub(/ *\*\/.*/, "", text)
    cite(text)
}

# Documents by name, clauses by number.
function sort_key(key,   n, parts, i, out) {
    n = split(key, parts, /[ .]/)
    for (i = 1; i <= n; i++)
        out = out (parts[i] ~ /^[0-9]+$/ ? sprintf("%06d", parts[i]) : parts[i]) "."
    return out
}
function short(files,   n, parts, i, out) {
    n = split(files, parts, " ")
    for (i = 1; i <= n; i++)
        out = out (i > 1 ? ", " : "") "`" parts[i] "`"
    return out == "" ? "-" : out
}
END {
    for (i = 1; i <= n_keys; i++)
        print sort_key(keys[i]) "\t" keys[i] "\t" short(code[keys[i]]) "\t" short(tests[keys[i]])
}
