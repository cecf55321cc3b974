/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over its corpus: one TAP line a file. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/fuzz.h"

static void run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        printf("not ok - cannot read %s\n", path);
        return;
    }
    /* Exactly sized, so that a read past the end is seen by the sanitizer. */
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    rewind(f);
    uint8_t *data = malloc(n ? n : 1);
    if (data && fread(data, 1, n, f) == n && LLVMFuzzerTestOneInput(data, n) == 0)
        printf("ok - %s\n", path);
    else
        printf("not ok - %s\n", path);
    fflush(stdout);
    free(data);
    fclose(f);
}

/* The target's name is the program's, without folders and libtool's "lt-". */
static const char *target_name(const char *program)
{
    const char *slash = strrchr(program, '/');
    const char *name = slash ? slash + 1 : program;
    return strncmp(name, "lt-", 3) == 0 ? name + 3 : name;
}

int main(int argc, char **argv)
{
    const char *top = getenv("top_srcdir");
    char folder[1024];
    snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", top ? top : ".", target_name(argv[0]));
    DIR *dir = opendir(argc > 1 ? argv[1] : folder);
    if (!dir) {
        printf("Bail out! no corpus folder %s\n", folder);
        return 1;
    }
    unsigned n = 0;
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char path[1536];
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argc > 1 ? argv[1] : folder, e->d_name);
        run_file(path);
        n++;
    }
    closedir(dir);
    printf("1..%u\n", n);
    return 0;
}
