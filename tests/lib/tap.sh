# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# TAP for shell tests: source it, call check..., end with tap_done.
tap_n=0
tap_out=

# The output of a check goes to a file without a name: whatever stops the test, nothing stays.
tap_open() {
    tap_out=$(mktemp)
    exec 8<>"$tap_out"
    rm -f "$tap_out"
    tap_out=/proc/$$/fd/8
}

# check NAME COMMAND...: ok when the command succeeds.  It runs in this shell, so
# that what it starts is known here.
check() {
    tap_name=$1
    shift
    tap_n=$((tap_n + 1))
    [ -n "$tap_out" ] || tap_open
    if "$@" >"$tap_out" 2>&1; then
        echo "ok $tap_n - $tap_name"
    else
        echo "not ok $tap_n - $tap_name"
        tail -n 60 "$tap_out" | sed 's/^/# /'
    fi
}

# same WANTED GOT
same() {
    [ "$1" = "$2" ] || {
        printf 'wanted: %s\ngot:    %s\n' "$1" "$2"
        return 1
    }
}

# check_same NAME GOT WANTED
check_same() {
    check "$1" same "$3" "$2"
}

# holds FILE TEXT / lacks FILE TEXT: a fixed string in a file
holds() {
    grep -qF -- "$2" "$1" || {
        echo "not found: $2"
        tail -n 10 "$1"
        return 1
    }
}

lacks() {
    ! grep -F -- "$2" "$1"
}

tap_done() {
    echo "1..$tap_n"
}
