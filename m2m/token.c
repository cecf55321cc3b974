/* SPDX-License-Identifier: Apache-2.0 */
#include "m2m/token.h"

#include "gba/base/secret.h"
#include "gba/crypto/hash.h"

/* base64url without padding: RFC 4648 5 */
static void put_text(gba_view octets, m2m_token_text *text)
{
    uint8_t room[M2M_TOKEN_TEXT_N + 1];
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_put_b64(&w, octets);
    for (size_t i = 0; i < M2M_TOKEN_TEXT_N; i++)
        text->s[i] = (char)(room[i] == '+' ? '-' : room[i] == '/' ? '_' : room[i]);
    text->s[M2M_TOKEN_TEXT_N] = 0;
    gba_wipe(&room);
}

gba_rc m2m_token_issue(struct m2m_token *t, const gba_env *env, uint32_t lifetime_s, m2m_token_text *text)
{
    uint8_t octets[32];
    gba_env_random(env, octets, sizeof octets);
    put_text(GBA_ARRAY(octets), text);
    gba_wipe(&octets);
    *t = (struct m2m_token){.state = M2M_TOKEN_ISSUED, .expiry_s = gba_env_now_s(env) + lifetime_s};
    gba_view shown = gba_view_of(text->s, M2M_TOKEN_TEXT_N);
    return gba_hash_parts(GBA_HASH_SHA256, &shown, 1, t->hash);
}

static bool is_session(const struct m2m_token *t, const uint8_t session[16])
{
    return t->state == M2M_TOKEN_PRESENTED && gba_ct_eq(GBA_ARRAY(t->session), gba_view_of(session, 16));
}

gba_rc m2m_token_present(struct m2m_token *t, const gba_env *env, gba_view text, const uint8_t session[16])
{
    uint8_t hash[GBA_HASH_MAX];
    GBA_TRY(gba_hash_parts(GBA_HASH_SHA256, &text, 1, hash));
    bool same = gba_ct_eq(GBA_ARRAY(hash), GBA_ARRAY(t->hash));
    GBA_ENSURE(same && t->state == M2M_TOKEN_ISSUED && gba_env_now_s(env) < t->expiry_s, GBA_E_TOKEN);
    t->state = M2M_TOKEN_PRESENTED;
    gba_copy(t->session, gba_view_of(session, sizeof t->session));
    return GBA_OK;
}

gba_rc m2m_token_consume(struct m2m_token *t, const gba_env *env, const uint8_t session[16])
{
    GBA_ENSURE(is_session(t, session) && gba_env_now_s(env) < t->expiry_s, GBA_E_TOKEN);
    t->state = M2M_TOKEN_CONSUMED;
    return GBA_OK;
}

void m2m_token_fail(struct m2m_token *t, const uint8_t session[16])
{
    if (!is_session(t, session))
        return;
    t->failures++;
    t->state = t->failures < M2M_TOKEN_TRIES ? M2M_TOKEN_ISSUED : M2M_TOKEN_REVOKED;
}

void m2m_token_revoke(struct m2m_token *t)
{
    if (t->state != M2M_TOKEN_NONE)
        t->state = M2M_TOKEN_REVOKED;
}

const char *m2m_token_state_name(const struct m2m_token *t, int64_t now_s)
{
    static const char *const names[] = {
        [M2M_TOKEN_NONE] = "none",           [M2M_TOKEN_ISSUED] = "issued",
        [M2M_TOKEN_PRESENTED] = "presented", [M2M_TOKEN_CONSUMED] = "consumed",
        [M2M_TOKEN_REVOKED] = "revoked",
    };
    bool open = t->state == M2M_TOKEN_ISSUED || t->state == M2M_TOKEN_PRESENTED;
    return open && now_s >= t->expiry_s ? "expired" : names[t->state];
}
