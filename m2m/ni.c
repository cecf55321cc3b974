/* SPDX-License-Identifier: Apache-2.0 */
#include "gba/crypto/hash.h"
#include "gba/wire/chars.h"
#include "m2m/cert.h"

static const struct ni_form {
    unsigned bits;
    const char *head;
} forms[] = {
    {256, "ni:///sha-256;"},
    {128, "ni:///sha-256-128;"},
    {120, "ni:///sha-256-120;"},
};

enum { FORMS = sizeof forms / sizeof *forms, DIGEST = 32, ENCODED_MAX = 44 };

/* RFC 4648 5: two other characters than base64, and no padding. */
static void put_b64url(gba_writer *w, gba_view v)
{
    uint8_t room[ENCODED_MAX];
    gba_writer plain = gba_writer_of(room, sizeof room);
    gba_put_b64(&plain, v);
    for (size_t i = 0; i < plain.n && room[i] != '='; i++)
        gba_put_u8(w, room[i] == '+' ? '-' : room[i] == '/' ? '_' : room[i]);
}

/*= TS-0003 10.1.2, RFC 6920 2 */
gba_rc m2m_ni_make(gba_view spki, unsigned bits, gba_text *ni)
{
    uint8_t digest[GBA_HASH_MAX], room[GBA_TEXT_MAX];
    gba_writer w = gba_writer_of(room, sizeof room);
    GBA_TRY(gba_hash_parts(GBA_HASH_SHA256, &spki, 1, digest));
    for (size_t i = 0; i < FORMS; i++) {
        if (forms[i].bits != bits)
            continue;
        gba_put_str(&w, forms[i].head);
        put_b64url(&w, gba_view_of(digest, bits / 8));
        return gba_text_set(ni, gba_writer_view(&w));
    }
    return GBA_E_BUG;
}

bool m2m_ni_matches(gba_view ni, gba_view spki)
{
    for (size_t i = 0; i < FORMS; i++) {
        gba_text ours;
        if (m2m_ni_make(spki, forms[i].bits, &ours) == GBA_OK && gba_view_eq(gba_text_view(&ours), ni))
            return true;
    }
    return false;
}

/* Digits of base64url that stand for so many bits, unused bits zero? */
static bool is_digest(gba_view text, unsigned bits)
{
    uint8_t plain[ENCODED_MAX], digest[DIGEST];
    gba_writer w = gba_writer_of(plain, sizeof plain), out = gba_writer_of(digest, sizeof digest);
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (!gba_char_is_alnum(c) && c != '-' && c != '_')
            return false;
        gba_put_u8(&w, c == '-' ? '+' : c == '_' ? '/' : c);
    }
    gba_put_fill(&w, '=', -w.n % 4);
    return gba_writer_end(&w) == GBA_OK && gba_b64_parse(gba_writer_view(&w), &out) == GBA_OK &&
           out.n == bits / 8;
}

gba_rc m2m_ni_check(gba_view text)
{
    for (size_t i = 0; i < FORMS; i++) {
        gba_view head = gba_view_cstr(forms[i].head);
        if (gba_view_starts(text, head))
            return is_digest(gba_view_sub(text, head.n, text.n), forms[i].bits) ? GBA_OK : GBA_E_CERT_NAME;
    }
    return GBA_E_CERT_NAME;
}
