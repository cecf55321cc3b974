# SPDX-License-Identifier: Apache-2.0
# Reads lines "FOLDER/OBJECT SYMBOL", one an undefined symbol of the pure
# library that no other object of it defines, and prints those that pure code
# may not have there.

function allowed(object, symbol) {
    if (symbol ~ /^(mem(cpy|move|set|cmp|chr)|str(len|cmp|ncmp|chr|nlen)|explicit_bzero)$/)
        return 1
    if (symbol ~ /^__(asan|ubsan|lsan|sanitizer|stack_chk|tsan|sancov|msan|gcov|start_|stop_)/ || symbol ~ /^_GLOBAL_OFFSET/)
        return 1
    if (symbol ~ /^__(mem(cpy|move|set)|explicit_bzero)_chk$/)
        return 1
    if (symbol ~ /^(EVP|OSSL|OPENSSL|CRYPTO)_/)
        return object ~ /^gba\/crypto\/(hash|seal|x509[a-z_]*)$/
    if (symbol ~ /^(X509|OCSP|PEM|BIO|ASN1|OBJ|d2i|i2d|GENERAL|EC|ERR|sk|BASIC|NAME|AUTHORITY)_/)
        return object ~ /^gba\/crypto\/x509/
    if (symbol ~ /^json/)
        return object ~ /^gba\/wire\/json$/
    if (symbol ~ /^utf8proc_/)
        return object ~ /^m2m\/id$/
    if (symbol ~ /^XML_/)
        return object ~ /^gba\/wire\//
    if (symbol ~ /^fd_/ && symbol !~ /^fd_(log|core|g_)/)
        return object ~ /^diameter-dict\//
    return 0
}

!allowed($1, $2) {
    print $1 ".c calls " $2
}
