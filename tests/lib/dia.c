/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/dia.h"

#include <stdio.h>
#include <stdlib.h>

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>

#include "diameter-dict/dict.h"

/* Exported by libfdcore for its own use. */
int fd_dict_base_protocol(struct dictionary *dictionary);

static void die(const char *what)
{
    printf("Bail out! %s\n", what);
    exit(1);
}

/* Broken messages are the point of these tests; libfdproto need not tell of each. */
static void no_log(int level, const char *format, va_list arguments)
{
    (void)level;
    (void)format;
    (void)arguments;
}

static struct dictionary *dict;
static uint8_t *written; /* what t_dia_octets gave out last */

static void clean_up(void)
{
    fd_dict_fini(&dict);
    free(written);
}

/* libfdproto without the rest of libfdcore, so that all of it can be freed. */
struct dictionary *t_dia_init(void)
{
    const char *what = "";
    if (dict)
        return dict;
    if (fd_libproto_init() != 0 || fd_log_handler_register(no_log) != 0 || fd_dict_init(&dict) != 0 ||
        fd_dict_base_protocol(dict) != 0)
        die("libfdproto does not start");
    if (dia_dict_load(dict, &what) != GBA_OK)
        die(what);
    atexit(clean_up);
    return dict;
}

struct msg *t_dia_parse(gba_view octets, bool *parsed)
{
    struct msg *msg = NULL;
    struct fd_pei info = {0};
    uint8_t *buffer = malloc(octets.n ? octets.n : 1);
    if (!buffer)
        die("no memory");
    gba_copy(buffer, octets);
    if (fd_msg_parse_buffer(&buffer, octets.n, &msg) != 0) {
        free(buffer);
        return NULL;
    }
    bool ok = fd_msg_parse_dict(msg, t_dia_init(), &info) == 0;
    if (info.pei_avp_free && info.pei_avp)
        fd_msg_free(info.pei_avp);
    if (parsed)
        *parsed = ok;
    return msg;
}

gba_view t_dia_octets(struct msg *msg)
{
    size_t n = 0;
    free(written);
    written = NULL;
    if (fd_msg_bufferize(msg, &written, &n) != 0)
        die("a message cannot be written");
    return gba_view_of(written, n);
}

struct msg *t_dia_wire(struct msg *msg)
{
    struct msg *received = t_dia_parse(t_dia_octets(msg), NULL);
    if (!received)
        die("a message cannot be read back");
    t_dia_free(msg);
    return received;
}

void t_dia_free(struct msg *msg)
{
    if (msg)
        fd_msg_free(msg);
}

/* ---- messages octet by octet ---- */

static void add(struct t_avps *list, struct t_avp avp)
{
    if (list->n == sizeof list->of / sizeof list->of[0])
        die("too many AVPs in a test message");
    list->of[list->n++] = avp;
}

void t_dia_add(struct t_avps *list, uint32_t code, gba_view data)
{
    add(list, (struct t_avp){code, T_M, 0, data});
}

void t_dia_add_3gpp(struct t_avps *list, uint32_t code, gba_view data)
{
    add(list, (struct t_avp){code, T_VM, T_3GPP, data});
}

void t_dia_add_number(struct t_avps *list, uint32_t code, uint32_t number)
{
    static uint8_t octets[64][4];
    static unsigned turn;
    uint8_t *at = octets[turn++ % 64];
    gba_writer w = gba_writer_of(at, 4);
    gba_put_u32(&w, number);
    t_dia_add(list, code, gba_writer_view(&w));
}

void t_dia_change(struct t_avps *list, enum t_change how, uint32_t code, gba_view data)
{
    struct t_avps old = *list;
    list->n = 0;
    for (size_t i = 0; i < old.n; i++) {
        struct t_avp avp = old.of[i];
        bool hit = avp.code == code;
        if (hit && how == T_DROP)
            continue;
        if (hit && how == T_SET)
            avp.data = data;
        add(list, avp);
        if (hit && how == T_TWICE)
            add(list, avp);
    }
}

static void put_avps(gba_writer *w, const struct t_avps *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct t_avp *avp = &list->of[i];
        bool vendor = avp->flags & T_V;
        gba_put_u32(w, avp->code);
        gba_put_u8(w, avp->flags);
        gba_put_u24(w, (uint32_t)(avp->data.n + (vendor ? 12 : 8)));
        if (vendor)
            gba_put_u32(w, avp->vendor);
        gba_put_view(w, avp->data);
        gba_put_fill(w, 0, (4 - avp->data.n % 4) % 4);
    }
}

gba_view t_dia_group(const struct t_avps *list)
{
    static uint8_t ring[8][8192];
    static unsigned turn;
    gba_writer w = gba_writer_of(ring[turn++ % 8], sizeof ring[0]);
    put_avps(&w, list);
    if (gba_writer_end(&w) != GBA_OK)
        die("a test group is too large");
    return gba_writer_view(&w);
}

gba_view t_dia_message(uint8_t flags, uint32_t code, uint32_t app, const struct t_avps *list)
{
    static uint8_t octets[65536];
    gba_writer w = gba_writer_of(octets, sizeof octets), length;
    gba_put_u8(&w, 1);
    gba_put_u24(&w, 0);
    gba_put_u8(&w, flags);
    gba_put_u24(&w, code);
    gba_put_u32(&w, app);
    gba_put_u32(&w, 0x11111111);
    gba_put_u32(&w, 0x22222222);
    put_avps(&w, list);
    if (gba_writer_end(&w) != GBA_OK)
        die("a test message is too large");
    length = gba_writer_of(octets + 1, 3);
    gba_put_u24(&length, (uint32_t)w.n);
    return gba_writer_view(&w);
}
