/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bsf/bench_zn.h"

#include <stdlib.h>

#include "gba/wire/uss_pack.h"
#include "tests/lib/vectors.h"

#define GUSS                                                                                                 \
    "<guss id=\"" IMPI                                                                                       \
    "\"><bsfInfo><uiccType>GBA_U</uiccType></bsfInfo><ussList>" USS("1", "", "sip:general@x")                \
        USS("1", " nafGroup=\"A\"", "sip:group-a@x") USS("4", " nafGroup=\"B\"", "sip:group-b@x")            \
            USS("5", "", "sip:five@x") "</ussList></guss>"

struct fake_world world;
struct bsf_conf conf;
struct bsf_conf_rule rules[3];
static gba_text ua_any[1], ua_http_tls[2];
gba_text gsids[2];
static gba_seal_ring ring;
struct bsf_zn zn;
static void *memory;
static struct bsf_sealer sealer;
struct bsf_session session;
struct bsf_zn_run run;
struct bsf_zn_order order;
struct dia_bir bir;
gba_view peer;
bool in_cert;
uint8_t naf_id[64];

void set(gba_text *t, const char *s)
{
    T_OK(gba_text_set(t, gba_view_cstr(s)));
}

void ask_with(const char *naf, const char *id_hex)
{
    gba_writer w = gba_writer_of(naf_id, sizeof naf_id);
    gba_put_str(&w, naf);
    gba_put_view(&w, t_hex(id_hex));
    bir.naf_id = gba_writer_view(&w);
}

static void init_rules(void)
{
    set(&ua_any[0], "*");
    set(&ua_http_tls[0], "http");
    set(&ua_http_tls[1], "tls:*");
    set(&gsids[0], "1");
    set(&gsids[1], "4");
    rules[0] = (struct bsf_conf_rule){.ua = {ua_any, 1}, .gsids = {gsids, 2}, .impi = true};
    set(&rules[0].peer, "naf.home.example");
    set(&rules[0].naf, NAF);
    rules[1] = (struct bsf_conf_rule){.ua = {ua_http_tls, 2}};
    set(&rules[1].peer, "naf2.home.example");
    set(&rules[1].naf, "*.operator.example");
    rules[2] = (struct bsf_conf_rule){.ua = {ua_any, 1}, .key_lifetime_s = 60};
    set(&rules[2].peer, "proxy.visited.example");
    set(&rules[2].origin, "*");
    set(&rules[2].naf, "*.visited.example");
    conf.zn = (struct gba_opt_list){rules, 3};
}

gba_view packed(gba_view xml)
{
    static max_align_t room[4096];
    static uint8_t out[2048];
    struct gba_guss guss;
    gba_arena arena = gba_arena_of(room, sizeof room);
    gba_writer w = gba_writer_of(out, sizeof out);
    T_OK(gba_guss_parse(xml, &arena, &guss));
    gba_put_uss_packed(&w, &guss);
    T_OK(gba_writer_end(&w));
    return gba_writer_view(&w);
}

void set_up(void)
{
    gba_seal_key key = {{1}};
    fake_world_init(&world);
    gba_wipe(&ring);
    T_OK(gba_seal_ring_add(&ring, 1, &key));
    conf = (struct bsf_conf){.zn = {NULL, 0}};
    set(&conf.diameter.identity, "bsf.home.example");
    set(&conf.diameter.realm, "home.example");
    init_rules();
    memory = malloc(bsf_zn_serve_memory());
    CU_ASSERT_FATAL(memory != NULL);
    bsf_zn_serve_init(&zn, &conf, &ring, memory);
    sealer.ring = &ring;
    session = (struct bsf_session){
        .mode = BSF_U, .created_s = 1893369600, .expiry_s = 1893456000, .settings = packed(GBA_LIT(GUSS))};
    set(&session.domain, "bsf.mnc001.mcc001.pub.3gppnetwork.org");
    set(&session.impi, IMPI);
    gba_copy(session.rand.b, t_hex("23553cbe9637a89d218ae64dae47bf35"));
    gba_copy(session.ks.b, t_hex("b40ba9a3c58b2a05bbf0d987b21bf8cbf769bcd751044604127672711c6d3441"));
    bir = (struct dia_bir){.btid = GBA_LIT(BTID), .route.origin_host = GBA_LIT("naf.home.example")};
    peer = GBA_LIT("naf.home.example");
    in_cert = false;
    ask_with(NAF, "0100000002");
}

void tear_down(void)
{
    gba_wipe(&order);
    bsf_zn_serve_wipe(&zn);
    free(memory);
}

void found(gba_rc rc, gba_view record)
{
    struct bsf_zn_event event = {.kind = BSF_ZN_FOUND, .rc = rc, .record = record};
    bsf_zn_serve_step(&zn, &run, &world.env, &event, &order);
}

void serve(void)
{
    struct bsf_zn_event event = {.kind = BSF_ZN_REQUEST, .bir = &bir, .peer = peer, .in_cert = in_cert};
    bsf_store_key filed;
    gba_view record;
    bsf_zn_serve_step(&zn, &run, &world.env, &event, &order);
    if (order.kind != BSF_ZN_FIND)
        return;
    T_OK(bsf_key_of(BSF_KEY_BTID, GBA_LIT(BTID), &filed));
    T_BYTES(GBA_ARRAY(order.key.b), GBA_ARRAY(filed.b));
    T_OK(bsf_session_seal(&sealer, &world.env, &filed, &session, &record));
    found(GBA_OK, record);
}

void refused(gba_rc reason, bool experimental, uint32_t code)
{
    CU_ASSERT_EQUAL_FATAL(order.kind, BSF_ZN_ANSWER);
    T_RC(order.reason, reason);
    CU_ASSERT_EQUAL(order.bia.result.experimental, experimental);
    CU_ASSERT_EQUAL(order.bia.result.code, code);
    CU_ASSERT_FALSE(order.bia.has_me_key || order.bia.has_uicc_key || order.bia.impi.p ||
                    order.bia.uss_list.p);
}

void denied(gba_rc reason)
{
    serve();
    refused(reason, true, DIA_EXP_NOT_AUTHORIZED);
}

void served(void)
{
    serve();
    CU_ASSERT_EQUAL_FATAL(order.kind, BSF_ZN_ANSWER);
    T_RC(order.reason, GBA_OK);
    CU_ASSERT_EQUAL(order.bia.result.code, DIA_SUCCESS);
    CU_ASSERT_TRUE(order.bia.has_me_key);
}
