#!/bin/sh
# Make ./configure out of a checkout.
set -e
cd "$(dirname "$0")"
mkdir -p build-aux
cp "$(automake --print-libdir)/tap-driver.sh" build-aux/
exec autoreconf --install
