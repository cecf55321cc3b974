# SPDX-License-Identifier: Apache-2.0
# Prints C sources as FILE:LINE: CODE, without comments and without what stands
# in strings and character constants.
FNR == 1 {
    in_comment = 0
}

{
    code = ""
    n = length($0)
    for (i = 1; i <= n; i++) {
        two = substr($0, i, 2)
        c = substr($0, i, 1)
        if (in_comment) {
            if (two == "*/") {
                in_comment = 0
                i++
            }
        } else if (two == "/*") {
            in_comment = 1
            i++
        } else if (two == "//") {
            break
        } else if (c == "\"" || c == "'") {
            code = code c
            for (i++; i <= n && substr($0, i, 1) != c; i++)
                i += substr($0, i, 1) == "\\"
            code = code c
        } else {
            code = code c
        }
    }
    print FILENAME ":" FNR ": " code
}
