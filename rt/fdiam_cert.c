/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/fdiam_int.h"

#include <stdlib.h>

enum { NAMES_MAX = 256 };

static bool read_first(const gnutls_datum_t *chain, unsigned n, gnutls_x509_crt_t *crt)
{
    if (!chain || n == 0 || gnutls_x509_crt_init(crt) < 0)
        return false;
    if (gnutls_x509_crt_import(*crt, chain, GNUTLS_X509_FMT_DER) >= 0)
        return true;
    gnutls_x509_crt_deinit(*crt);
    return false;
}

bool dia_cert_fits(gnutls_session_t session, const gba_text *identity)
{
    unsigned n = 0;
    gnutls_x509_crt_t crt;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);
    if (!read_first(chain, n, &crt))
        return false;
    bool fits = gnutls_x509_crt_check_hostname(crt, identity->s);
    gnutls_x509_crt_deinit(crt);
    return fits;
}

/* How many names: the dNSNames of the certificate that fit into a text. */
static size_t dns_names(gnutls_x509_crt_t crt, gba_text *names)
{
    char name[GBA_TEXT_MAX + 1];
    size_t n = 0;
    int type = 0;
    for (unsigned i = 0; i < NAMES_MAX && type != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE; i++) {
        size_t size = sizeof name;
        type = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &size, NULL);
        if (type == GNUTLS_SAN_DNSNAME && gba_text_set(&names[n], gba_view_of(name, size)) == GBA_OK)
            n++;
    }
    return n;
}

void dia_cert_note(struct rt_dia *dia, const struct peer_info *info)
{
    struct dia_peer_state *peer = dia_peer_named(dia, gba_view_of(info->pi_diamid, info->pi_diamidlen));
    gnutls_x509_crt_t crt;
    size_t n = 0;
    gba_text *names = NULL;
    if (!peer)
        return;
    if (read_first(info->runtime.pir_cert_list, info->runtime.pir_cert_list_size, &crt)) {
        names = calloc(NAMES_MAX, sizeof *names);
        n = names ? dns_names(crt, names) : 0;
        gnutls_x509_crt_deinit(crt);
    }
    pthread_mutex_lock(&dia->cert_lock);
    gba_text *before = peer->names;
    peer->names = names;
    peer->n_names = n;
    pthread_mutex_unlock(&dia->cert_lock);
    free(before);
}

bool rt_dia_peer_certified(struct rt_dia *dia, const struct msg *req, gba_view name)
{
    const struct dia_peer_state *peer = dia_peer_named(dia, rt_dia_peer_of(req));
    bool found = false;
    if (!peer)
        return false;
    pthread_mutex_lock(&dia->cert_lock);
    for (size_t i = 0; i < peer->n_names && !found; i++)
        found = gba_view_eq_nocase(gba_text_view(&peer->names[i]), name);
    pthread_mutex_unlock(&dia->cert_lock);
    return found;
}
