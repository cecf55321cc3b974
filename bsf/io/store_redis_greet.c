/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/store_redis_greet.h"

#include "rt/addr.h"

enum { STEP_OK, STEP_ROLE, STEP_MASTER, STEP_SCRIPT }; /* STEP_SCRIPT + i: script i */

static gba_rc say(struct bsf_redis_greet *greet, struct bsf_redis_conn *conn, int step, const gba_view *args,
                  size_t n)
{
    greet->steps[greet->n++] = step;
    return bsf_redis_conn_send(conn, args, n);
}

static gba_rc say_password(struct bsf_redis_greet *greet, struct bsf_redis_conn *conn, gba_view user,
                           gba_view password)
{
    const gba_view args[] = {GBA_LIT("AUTH"), user, password};
    const gba_view bare[] = {GBA_LIT("AUTH"), password};
    if (password.n == 0)
        return GBA_OK;
    return user.n > 0 ? say(greet, conn, STEP_OK, args, 3) : say(greet, conn, STEP_OK, bare, 2);
}

static void begin(struct bsf_redis_greet *greet)
{
    greet->n = greet->at = 0;
    greet->word.n = 0;
}

gba_rc bsf_redis_greet_sentinel(struct bsf_redis_greet *greet, struct bsf_redis_conn *conn)
{
    const gba_view args[] = {GBA_LIT("SENTINEL"), GBA_LIT("get-master-addr-by-name"),
                             gba_text_view(&greet->conf->master)};
    begin(greet);
    GBA_TRY(say_password(greet, conn, GBA_LIT(""), rt_buf_view(&greet->sentinel_password)));
    return say(greet, conn, STEP_MASTER, args, 3);
}

static gba_rc say_database(struct bsf_redis_greet *greet, struct bsf_redis_conn *conn)
{
    uint8_t room[16];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_put_dec(&w, greet->conf->database);
    const gba_view args[] = {GBA_LIT("SELECT"), gba_writer_view(&w)};
    return greet->conf->database > 0 ? say(greet, conn, STEP_OK, args, 2) : GBA_OK;
}

static gba_rc say_script(struct bsf_redis_greet *greet, struct bsf_redis_conn *conn, int script)
{
    const gba_view args[] = {GBA_LIT("SCRIPT"), GBA_LIT("LOAD"), gba_view_cstr(bsf_redis_script(script))};
    return say(greet, conn, STEP_SCRIPT + script, args, 3);
}

gba_rc bsf_redis_greet_server(struct bsf_redis_greet *greet, struct bsf_redis_conn *conn)
{
    const gba_view role[] = {GBA_LIT("ROLE")};
    begin(greet);
    GBA_TRY(say_password(greet, conn, gba_text_view(&greet->conf->user), rt_buf_view(&greet->password)));
    GBA_TRY(say_database(greet, conn));
    GBA_TRY(say(greet, conn, STEP_ROLE, role, 1));
    for (int i = 0; i < BSF_REDIS_SCRIPTS; i++)
        GBA_TRY(say_script(greet, conn, i));
    return GBA_OK;
}

/* ---- replies ---- */

bool bsf_redis_is_error(const struct bsf_redis_reply *reply, const char *word)
{
    gba_view got = bsf_redis_error(reply);
    return got.n > 0 && gba_view_eq(got, gba_view_cstr(word));
}

bool bsf_redis_is_master(const struct bsf_redis_reply *reply)
{
    return reply->items[0].kind == BSF_REDIS_ARRAY &&
           gba_view_eq(bsf_redis_text(reply, 1), GBA_LIT("master"));
}

/* Only the word is kept: the rest of an error may repeat what was sent. */
static gba_rc refused(struct bsf_redis_greet *greet, const struct bsf_redis_reply *reply)
{
    static const char *const words[] = {"WRONGPASS", "NOAUTH", "NOPERM", "DENIED"};
    if (gba_text_set(&greet->word, bsf_redis_error(reply)) != GBA_OK)
        greet->word.n = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (bsf_redis_is_error(reply, words[i]))
            return GBA_E_REDIS_REFUSED;
    }
    return GBA_E_REDIS_ANSWER;
}

/* Addresses only: a name would have to be looked up, which blocks. */
static gba_rc take_master(struct bsf_redis_greet *greet, const struct bsf_redis_reply *reply)
{
    uint8_t room[GBA_TEXT_MAX];
    struct sockaddr_storage address;
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_view host = bsf_redis_text(reply, 1);
    bool v6 = gba_view_find(host, ':') < host.n;
    GBA_ENSURE(reply->n == 3, GBA_E_REDIS_MASTER);
    gba_put_str(&w, v6 ? "[" : "");
    gba_put_view(&w, host);
    gba_put_str(&w, v6 ? "]:" : ":");
    gba_put_view(&w, bsf_redis_text(reply, 2));
    GBA_TRY(gba_writer_end(&w));
    GBA_TRY(rt_addr_parse(gba_writer_view(&w), &address));
    return gba_text_set(&greet->master, gba_writer_view(&w));
}

static gba_rc take_script(struct bsf_redis_greet *greet, const struct bsf_redis_reply *reply, int script)
{
    gba_view sha = bsf_redis_text(reply, 0);
    uint8_t octets[BSF_REDIS_SHA / 2];
    GBA_ENSURE(gba_hex_parse(sha, octets, sizeof octets) == GBA_OK, GBA_E_REDIS_ANSWER);
    gba_copy(greet->sha[script], sha);
    return GBA_OK;
}

gba_rc bsf_redis_greet_reply(struct bsf_redis_greet *greet, const struct bsf_redis_reply *reply)
{
    GBA_ENSURE(greet->at < greet->n, GBA_E_REDIS_ANSWER);
    int step = greet->steps[greet->at++];
    if (reply->items[0].kind == BSF_REDIS_ERROR)
        return refused(greet, reply);
    if (step == STEP_OK)
        return GBA_OK;
    if (step == STEP_ROLE)
        return bsf_redis_is_master(reply) ? GBA_OK : GBA_E_REDIS_ROLE;
    if (step == STEP_MASTER)
        return take_master(greet, reply);
    return take_script(greet, reply, step - STEP_SCRIPT);
}
