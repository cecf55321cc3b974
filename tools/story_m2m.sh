# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the stories of oneM2M share: who runs, the operator and the device.
. tools/lab_m2m.sh

# start_all NAME...: MEF, MAF and Registrars
start_all() {
    local program
    for program; do
        m2m_start "$program" || bad "$program"
        runs "$program"
    done
}

# operator TEXT ARGUMENT...: at the MEF
operator() {
    local text=$1
    shift
    try "$text" "$lab_build/keystrap-ctl" --admin "127.0.0.1:$port_mef_admin" --token-file "$lab/admin.token" "$@"
}

# device NAME TEXT ARGUMENT... and device_fails: keystrap-ue with the configuration of this name
device() {
    local name=$1 text=$2
    shift 2
    try "$text" "$lab_build/keystrap-ue" -c "$lab/$name.yaml" "$@"
}
device_fails() {
    local name=$1 text=$2
    shift 2
    must_fail "$text" "$lab_build/keystrap-ue" -c "$lab/$name.yaml" "$@"
}

# member NAME: of the first JSON object on stdin that has it
member() {
    python3 -c 'import json, sys
text = sys.stdin.read().strip()
found = json.loads(text) if text.startswith("[") else map(json.loads, text.splitlines())
print(next((o[sys.argv[1]] for o in found if sys.argv[1] in o), ""))' "$1"
}

# keid_at_both_ends NAME: the enrolment key that this device has is one that the MEF has
keid_at_both_ends() {
    keid=$(m2m_ue "$1" --json keys | member keyid)
    [ -n "$keid" ] || bad "the device has no KeId"
    say "\$ keystrap-ctl --admin 127.0.0.1:$port_mef_admin --token-file admin.token enrolment-keys list"
    m2m_ctl "$port_mef_admin" enrolment-keys list | awk -v RS= -v keid="$keid" 'index($0, keid)' >"$lab/out"
    quote <"$lab/out"
    said "$keid" "both ends have made the same KeId"
}

# What may be done with a device, $story_device, in a lab that is kept.
story_commands() {
    [ -z "${PCSCLITE_CSOCK_NAME-}" ] || printf 'export PCSCLITE_CSOCK_NAME=%q\n' "$PCSCLITE_CSOCK_NAME"
    printf '%q -c %q --dtls enrol --fresh\n' "$lab_build/keystrap-ue" "$lab/$story_device.yaml"
    printf '%q -c %q connect\n' "$lab_build/keystrap-ue" "$lab/$story_device.yaml"
    printf '%q -c %q keys\n' "$lab_build/keystrap-ue" "$lab/$story_device.yaml"
    printf '%q --admin 127.0.0.1:%s --token-file %q enrolment-keys list\n' "$lab_build/keystrap-ctl" "$port_mef_admin" \
        "$lab/admin.token"
}
