# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Steps of a build that stand an interruption, for ./lab and ./check.  Source it at the top, then:
#
#   build_prepare                    ./configure out of a checkout
#   build_configure FOLDER ARG...    configure there, once, and go there
#
# A stamp tells a finished step from an interrupted one.  Copies that run at once wait for each other.

build_prepare() {
    mkdir -p build || return 1
    (
        flock 9 || exit 1
        [ -e build/prepared ] && [ -f configure ] && exit 0
        # autoreconf leaves its temporary files when it is interrupted
        rm -rf build/tmp && mkdir build/tmp &&
            TMPDIR=$PWD/build/tmp ./autogen.sh 9>&- && rm -rf build/tmp && touch build/prepared
    ) 9>build/prepare.lock
}

build_configure() {
    local top=$PWD
    mkdir -p "$1" && cd "$1" || return 1
    shift
    [ -e configured ] && [ -f Makefile ] && return 0
    "$(realpath --relative-to=. "$top")/configure" -q "$@" && touch configured
}
