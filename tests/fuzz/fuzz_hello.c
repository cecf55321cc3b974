/* SPDX-License-Identifier: Apache-2.0 */
/* ClientHello: what is complete was incomplete before its last octet, and views stay inside. */
#include <stdlib.h>

#include "gba/wire/hello.h"
#include "tests/lib/fuzz.h"

static uint8_t memory[GBA_HELLO_MAX];

static void check_inside(gba_view part, gba_view whole)
{
    if (part.p && (part.p < whole.p || part.p + part.n > whole.p + whole.n))
        abort();
}

static void check_views(const struct gba_hello *h, gba_view whole)
{
    check_inside(h->random, whole);
    check_inside(h->cookie, whole);
    check_inside(h->suites, whole);
    check_inside(h->server_name, whole);
    check_inside(h->client_cert_types, whole);
    check_inside(h->server_cert_types, whole);
    if (h->random.n != 32 || !gba_hello_offers(h, (uint16_t)(h->suites.p[0] << 8 | h->suites.p[1])))
        abort();
}

static void try_stream(gba_view octets)
{
    struct gba_hello h;
    gba_writer whole = gba_writer_of(memory, sizeof memory);
    if (gba_hello_tls(octets, &whole, &h) != GBA_OK)
        return;
    check_views(&h, gba_writer_view(&whole));
    for (size_t n = 0; n < octets.n; n++) {
        whole = gba_writer_of(memory, sizeof memory);
        gba_rc rc = gba_hello_tls(gba_view_sub(octets, 0, n), &whole, &h);
        if (rc == GBA_OK)
            return; /* something follows the ClientHello */
        if (rc != GBA_E_HELLO_MORE)
            abort();
    }
}

static void try_datagram(gba_view octets)
{
    struct gba_hello h;
    uint8_t out[300];
    gba_writer w = gba_writer_of(out, sizeof out);
    if (gba_hello_dtls(octets, &h) != GBA_OK)
        return;
    check_views(&h, octets);
    gba_hello_put_verify(&w, &h, h.cookie);
    if (gba_writer_end(&w) != GBA_OK || gba_hello_dtls(gba_writer_view(&w), &h) != GBA_E_HELLO)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_stream(gba_view_of(data, size));
    try_datagram(gba_view_of(data, size));
    return 0;
}
