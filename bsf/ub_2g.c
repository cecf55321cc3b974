/* SPDX-License-Identifier: Apache-2.0 */
/* 2G GBA, for subscribers with a SIM (TS 33.220 I, TS 24.109 H). */
#include "bsf/ub_int.h"
#include "gba/crypto/kdf.h"

/*= TS 33.220 I.4, TS 24.109 H.2: switched by configuration, and never outside of TLS */
gba_rc bsf_ub_2g_ask(const struct bsf_ub_at *s)
{
    GBA_ENSURE(s->ub->conf->ub.gba_2g, GBA_E_ZH_SCHEME);
    GBA_ENSURE(s->run->via.tls, GBA_E_UB_2G_PLAIN);
    s->run->type = BSF_2G;
    return bsf_ub_ask_again(s);
}

gba_rc bsf_ub_2g_take(const struct bsf_ub_at *s, const gba_triplet *triplet, struct bsf_challenge *c)
{
    struct gba_kdf_2g in = {.triplet = *triplet};
    GBA_ENSURE(s->ub->conf->ub.gba_2g, GBA_E_UB_2G_OFF);
    GBA_ENSURE(s->run->via.tls, GBA_E_UB_2G_PLAIN);
    gba_env_random(s->env, in.ks_input, sizeof in.ks_input);
    c->type = BSF_2G;
    c->algs = 1U << GBA_DIGEST_AKAV1_MD5;
    c->mode = BSF_ME; /* a SIM keeps no keys, whatever the settings say */
    c->rand = triplet->rand;
    gba_copy(c->ks_input, GBA_ARRAY(in.ks_input));
    gba_rc rc = gba_kdf_2g_derive(&in, &c->xres, &c->ks);
    gba_wipe(&in);
    return rc;
}
