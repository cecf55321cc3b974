# SPDX-License-Identifier: Apache-2.0
# Reads "LINE END FILE NAME SIGNATURE" of functions, tab-separated, in order of
# length, and judges them: -v max=80 -v median=15 -v p95=45 -v params=5.
BEGIN {
    FS = "\t"
}

# How many parameters: commas that are not inside brackets.
function parameters(signature,    i, c, depth, n) {
    if (signature == "(void)" || signature == "()")
        return 0
    n = 1
    for (i = 1; i <= length(signature); i++) {
        c = substr(signature, i, 1)
        depth += (c == "(") - (c == ")")
        n += c == "," && depth == 1
    }
    return n
}

{
    len[NR] = $2 - $1 + 1
    if (max && len[NR] > max)
        print "function-length " $3 ":" $4 " has " len[NR] " lines, the limit is " max
    if (params && parameters($5) > params)
        print "parameters " $3 ":" $4 " has " parameters($5) " parameters, the limit is " params
}

END {
    at_median = len[int((NR + 1) / 2)]
    at_p95 = len[int(NR * 0.95 + 0.999)]
    if (median && at_median > median)
        print "median all:functions have a median of " at_median " lines, the limit is " median
    if (p95 && at_p95 > p95)
        print "p95 all:functions have a 95th percentile of " at_p95 " lines, the limit is " p95
    if (figures)
        print NR " functions, median " at_median ", p95 " at_p95 ", longest " len[NR] > figures
}
