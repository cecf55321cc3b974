# SPDX-License-Identifier: Apache-2.0
# Reads sources (names relative to the root) and prints every include that does
# not point downwards.  The layers are those of ARCHITECTURE.md.

function folder(path) {
    return substr(path, 1, index(path, "/") - 1)
}

function entity(path) {
    return folder(path) ~ /^(bsf|naf|hss|ue|m2m)$/ ? folder(path) : ""
}

# -1: no layer of its own (option tables are part of who includes them; system headers)
function layer(path) {
    if (path ~ /\.(opt|def)$/ || path !~ /\//)
        return -1
    if (path ~ /^tests\//)
        return 7
    if (path ~ /^(tools|bench)\// || path ~ /\/main[^\/]*\.c$/)
        return 6
    if (path ~ /\/io\//)
        return 5
    if (path ~ /^rt\//)
        return 4
    if (entity(path) != "")
        return 3
    if (path ~ /^(diameter-dict|uicc)\//)
        return 2
    if (path ~ /^gba\/(crypto|wire)\//)
        return 1
    return path ~ /^gba\/base\// ? 0 : 8
}

# oneM2M's functions are roles of the GBA programs: their adapters and mains use
# m2m, so does the device; the target of an enrolment is a NAF.  Configuration holds
# the shapes of roles.
function joined(file, used) {
    if (used == "m2m/conf.h" && file ~ /^(bsf|naf)\/conf\.h$/)
        return 1
    if (entity(used) == "m2m")
        return entity(file) == "ue" || (layer(file) >= 5 && entity(file) ~ /^(bsf|naf)$/)
    return entity(file) == "m2m" && entity(used) == "naf"
}

function flag(why) {
    print FILENAME ":" FNR ": " why ": " target
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, quoted, "\"")
    target = quoted[2]
    from = layer(FILENAME)
    to = layer(target)
    if (to > from)
        flag("points upwards (" from " to " to ")")
    else if (joined(FILENAME, target))
        next
    else if (from < 6 && entity(FILENAME) != entity(target) && entity(FILENAME) != "" && entity(target) != "")
        flag("one entity includes another")
    else if (from == 6 && entity(FILENAME) != entity(target) && entity(FILENAME) != "" && entity(target) != "")
        flag("a main includes another entity")
    else if (from == 4 && to == 3)
        flag("the runtime includes an entity")
    else if (from == 2 && to == 2 && folder(FILENAME) != folder(target))
        flag("two codecs include each other")
    else if (target ~ /\.c$/)
        flag("a .c file is included")
    else if (target !~ /\//)
        flag("not a full path from the root")
}
