/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/pki.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { WORDS = 4096, ROOM = 1 << 20 };

static char dir[] = "/tmp/pki.XXXXXX";
static char script[1024];
static bool made;
static pid_t responder;

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

void t_pki_responder_stop(void)
{
    if (responder > 0) {
        kill(responder, SIGTERM);
        waitpid(responder, NULL, 0);
    }
    responder = 0;
}

static void remove_dir(void)
{
    t_pki_responder_stop();
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

static char *script_path(void)
{
    const char *root = getenv("top_srcdir");
    snprintf(script, sizeof script, "%s/tests/lib/pki.sh", root ? root : ".");
    return script;
}

void t_pki(const char *words)
{
    static char *argv[WORDS + 4], text[1 << 17];
    size_t n = 3;
    snprintf(text, sizeof text, "%s", words);
    argv[0] = "sh";
    argv[1] = script_path();
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

static FILE *responder_log(const char *mode)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/responder.log", t_pki_dir());
    return fopen(path, mode);
}

/* Its first line is the port; then a line for each request. */
static unsigned read_log(unsigned *requests)
{
    unsigned port = 0;
    char line[64];
    FILE *file = responder_log("r");
    *requests = 0;
    if (!file)
        return 0;
    if (fscanf(file, "%u\n", &port) != 1)
        port = 0;
    while (fgets(line, sizeof line, file))
        ++*requests;
    fclose(file);
    return port;
}

unsigned t_pki_responder(const char *ca)
{
    char *argv[] = {"sh", script_path(), (char *)t_pki_dir(), "responder", (char *)ca, "127.0.0.1:0", NULL};
    unsigned port = 0, requests;
    posix_spawn_file_actions_t actions;
    FILE *file = responder_log("w");
    if (!file)
        give_up("responder.log");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(file), 1);
    if (posix_spawnp(&responder, argv[0], &actions, NULL, argv, environ) != 0)
        give_up("responder");
    posix_spawn_file_actions_destroy(&actions);
    fclose(file);
    for (int i = 0; port == 0 && i < 1000; i++) {
        poll(NULL, 0, 20);
        port = read_log(&requests);
    }
    if (port == 0)
        give_up("responder");
    return port;
}

unsigned t_pki_responder_requests(void)
{
    unsigned requests;
    read_log(&requests);
    return requests;
}
