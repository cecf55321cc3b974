# SPDX-License-Identifier: Apache-2.0
# keystrap-reasons(7) out of gba/base/rc.def: one row a line,
# GBA_RC(NAME, CLASS, "token", "text").
BEGIN {
    meaning["MALFORMED"] = "The bytes are not what the specification or this manual says."
    meaning["AUTH"] = "A proof of identity is wrong."
    meaning["SYNC"] = "Card and network are out of step; a resynchronisation follows."
    meaning["POLICY"] = "Understood, and not allowed."
    meaning["ABSENT"] = "What was named does not exist, or no longer."
    meaning["LIMIT"] = "A bound was reached."
    meaning["UNAVAILABLE"] = "Somebody else cannot answer now; a later try may succeed."
    meaning["BUG"] = "An error in the program or its installation; please report it."
    order = "MALFORMED AUTH SYNC POLICY ABSENT LIMIT UNAVAILABLE BUG"
}

/^GBA_RC\(/ {
    split($0, quoted, "\"")
    split($0, field, /[(,] */)
    class = field[3]
    if (class != "OK")
        rows[class] = rows[class] sprintf(".TP\n.B %s\n%s.\n", roff(quoted[2]), roff(capital(quoted[4])))
}

function roff(text) {
    gsub(/-/, "\\-", text)
    return text
}

function capital(text) {
    return toupper(substr(text, 1, 1)) substr(text, 2)
}

END {
    print ".\\\" SPDX-License-Identifier: Apache-2.0"
    print ".\\\" Made from gba/base/rc.def by doc/reasons.awk."
    print ".TH KEYSTRAP-REASONS 7 \"\" \"Keystrap\" \"Keystrap Manual\""
    print ".SH NAME\nkeystrap-reasons \\- reason codes of refusals and failures"
    print ".SH DESCRIPTION"
    print "Every refusal and failure carries one of these codes, as\n.B reason=CODE\nin the log"
    print "and as a name of a counter. A code keeps its meaning over versions; new ones may be added."
    print "They are grouped by class: the class decides what a program does, the code tells why."
    n = split(order, classes, " ")
    for (i = 1; i <= n; i++) {
        if (rows[classes[i]] == "")
            continue
        print ".SH " classes[i]
        print meaning[classes[i]]
        printf "%s", rows[classes[i]]
    }
    print ".SH SEE ALSO\n.BR keystrap-bsf (8),\n.BR keystrap-hss (8),\n.BR keystrap-naf (8),\n.BR keystrap-ue (1)"
}
