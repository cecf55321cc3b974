/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/pki.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { WORDS = 4096, ROOM = 1 << 20 };

static char dir[] = "/tmp/pki.XXXXXX";
static bool made;

static void give_up(const char *what)
{
    printf("Bail out! %s failed\n", what);
    exit(1);
}

static void run(char **argv)
{
    int status = -1;
    pid_t pid = 0;
    if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) != 0 || waitpid(pid, &status, 0) != pid ||
        status != 0)
        give_up(argv[0]);
}

static void remove_dir(void)
{
    char *argv[] = {"rm", "-rf", dir, NULL};
    run(argv);
}

const char *t_pki_dir(void)
{
    if (!made) {
        if (!mkdtemp(dir))
            give_up("mkdtemp");
        made = true;
        atexit(remove_dir);
    }
    return dir;
}

void t_pki(const char *words)
{
    static char *argv[WORDS + 4], text[1 << 17], script[1024];
    const char *root = getenv("top_srcdir");
    size_t n = 3;
    snprintf(script, sizeof script, "%s/tests/lib/pki.sh", root ? root : ".");
    snprintf(text, sizeof text, "%s", words);
    argv[0] = "sh";
    argv[1] = script;
    argv[2] = (char *)t_pki_dir();
    for (char *rest = text, *word; (word = strsep(&rest, " ")) && n < WORDS + 3;)
        argv[n++] = word;
    argv[n] = NULL;
    run(argv);
}

gba_view t_pki_file(const char *name)
{
    static uint8_t room[ROOM];
    static size_t used;
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", t_pki_dir(), name);
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(room + used, 1, ROOM - used, file) : 0;
    if (!file || n == 0 || n == ROOM - used)
        give_up(name);
    fclose(file);
    used += n;
    return gba_view_of(room + used - n, n);
}
