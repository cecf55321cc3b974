/* SPDX-License-Identifier: Apache-2.0 */
/* Row D9: revocation lists and OCSP responses, given or stapled. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gba/crypto/x509.h"
#include "tests/lib/pki.h"
#include "tests/lib/tap.h"
#include "tests/unit/m2m/cert_case.h"

#define ALL(rows) cert_judge_all(rows, sizeof(rows) / sizeof *(rows))
#define A(rc) .want = GBA_##rc

static const char name[] = "a.mte.example";
enum { DAY = 86400 };

/* ---- revocation lists ---- */

static void crl_refuses(void)
{
    int64_t later = (int64_t)time(NULL) + 2 * DAY;
    const struct cert_case rows[] = {
        {"bad", M2M_CERT_FQDN, name, "root.pem", "root.crl", M2M_STATUS_CRL, A(E_CERT_REVOKED)},
        {"bad", M2M_CERT_FQDN, name, "root.pem", "root.crl", M2M_STATUS_IF_KNOWN, A(E_CERT_REVOKED)},
        {"bad", M2M_CERT_FQDN, name, "root.pem", "root.crl", M2M_STATUS_OCSP, A(E_CERT_REVOKED)},
        /* an old list still says what was revoked */
        {"bad", M2M_CERT_FQDN, name, "root.pem", "root.crl", M2M_STATUS_IF_KNOWN, .now_s = later,
         A(E_CERT_REVOKED)},
        {"good", M2M_CERT_FQDN, name, "root.pem", "root.crl", M2M_STATUS_CRL, .now_s = later,
         A(E_CERT_STATUS)},
        {"good", M2M_CERT_FQDN, name, "root.pem", NULL, M2M_STATUS_CRL, A(E_CERT_STATUS)},
        {"good", M2M_CERT_FQDN, name, "root.pem", "mid.crl", M2M_STATUS_CRL, A(E_CERT_STATUS)},
        {"good", M2M_CERT_FQDN, name, "root.pem", "twin.crl", M2M_STATUS_CRL, A(E_CERT_STATUS)}, /* forged */
        {"low mid", M2M_CERT_FQDN, name, "root.pem", "mid.crl", M2M_STATUS_CRL, A(E_CERT_STATUS)},
        {"low mid", M2M_CERT_FQDN, name, "root.pem", "root.crl", M2M_STATUS_CRL, A(E_CERT_STATUS)},
        {"lost gone", M2M_CERT_FQDN, name, "root.pem", "root.crl", M2M_STATUS_IF_KNOWN, A(E_CERT_REVOKED)},
        {"good", M2M_CERT_FQDN, name, "root.pem", "cut.crl", M2M_STATUS_IF_KNOWN, A(E_CERT)},
    };
    ALL(rows);
}

static void crl_passes(void)
{
    int64_t later = (int64_t)time(NULL) + 2 * DAY;
    const struct cert_case rows[] = {
        {"good", M2M_CERT_FQDN, name, "root.pem", "root.crl", M2M_STATUS_CRL, A(OK)},
        {"low mid", M2M_CERT_FQDN, name, "root.pem", "all.crl", M2M_STATUS_CRL, A(OK)},
        {"low", M2M_CERT_FQDN, name, "mid.pem", "mid.crl", M2M_STATUS_CRL,
         A(OK)}, /* nobody vouches for an anchor */
        {"self", M2M_CERT_FQDN, name, "self.pem", NULL, M2M_STATUS_CRL, A(OK)},
        {"good", M2M_CERT_FQDN, name, "root.pem", NULL, M2M_STATUS_IF_KNOWN, A(OK)},
        {"good", M2M_CERT_FQDN, name, "root.pem", "root.crl", M2M_STATUS_IF_KNOWN, .now_s = later, A(OK)},
        {"low mid", M2M_CERT_FQDN, name, "root.pem", "mid.crl", M2M_STATUS_IF_KNOWN, A(OK)},
        {"bad", M2M_CERT_FQDN, name, "root.pem", "root.crl", M2M_STATUS_OFF, A(OK)},
        {"good", M2M_CERT_FQDN, name, "root.pem", "cut.crl", M2M_STATUS_OFF, A(OK)},
    };
    ALL(rows);
}

/* ---- OCSP ---- */

#define OCSP(leaf, response) leaf, M2M_CERT_FQDN, name, "root.pem", NULL, M2M_STATUS_OCSP, .staple = response

static void ocsp_refuses(void)
{
    int64_t now = (int64_t)time(NULL);
    const struct cert_case rows[] = {
        {OCSP("bad", "bad.ocsp"), A(E_CERT_REVOKED)},
        {OCSP("bad", "bad.ocsp"), .now_s = now + 2 * DAY, A(E_CERT_REVOKED)},
        {OCSP("bad", NULL), .ocsp = "bad.ocsp", A(E_CERT_REVOKED)},
        {OCSP("good", "good.ocsp"), .ocsp = "good.ocsp", .now_s = now + 2 * DAY, A(E_CERT_STATUS)},
        {OCSP("good", "good.ocsp"), .now_s = now - DAY, A(E_CERT_STATUS)}, /* from the future */
        {OCSP("good", "once.ocsp"), A(E_CERT_STATUS)},                     /* of another certificate */
        {OCSP("good", "ghost.ocsp"), A(E_CERT_STATUS)},
        {OCSP("ghost", "ghost.ocsp"), A(E_CERT_STATUS)},                    /* "unknown" */
        {OCSP("once", "once.ocsp"), .now_s = now + 3600, A(E_CERT_STATUS)}, /* no nextUpdate: for now only */
        {OCSP("by-leaf", "by-leaf.ocsp"), A(E_CERT_STATUS)},       /* signed by a leaf that may not */
        {OCSP("by-twin", "by-twin.ocsp"), A(E_CERT_STATUS)},       /* by a CA of the same name */
        {OCSP("by-twin-os", "by-twin-os.ocsp"), A(E_CERT_STATUS)}, /* by its delegate */
        {OCSP("by-old", "by-old.ocsp"), A(E_CERT_STATUS)},         /* by a delegate that expired */
        {OCSP("good", "root.pem"), A(E_CERT_STATUS)},
        {OCSP("good", NULL), A(E_CERT_STATUS)},
        {"bad", M2M_CERT_FQDN, name, "root.pem", NULL, M2M_STATUS_IF_KNOWN, .staple = "bad.ocsp",
         A(E_CERT_REVOKED)},
        {"bad", M2M_CERT_FQDN, name, "root.pem", "old.crl", M2M_STATUS_CRL, .ocsp = "bad.ocsp",
         A(E_CERT_REVOKED)},
        /* a good answer does not outweigh the list */
        {"good", M2M_CERT_FQDN, name, "root.pem", NULL, M2M_STATUS_CRL, .staple = "good.ocsp",
         A(E_CERT_STATUS)},
    };
    ALL(rows);
}

static void ocsp_passes(void)
{
    const struct cert_case rows[] = {
        {OCSP("good", "good.ocsp"), A(OK)},
        {OCSP("good", NULL), .ocsp = "good.ocsp", A(OK)},
        {OCSP("good", "root.pem"), .ocsp = "good.ocsp", A(OK)}, /* the other one will do */
        {OCSP("by-os", "by-os.ocsp"), A(OK)},
        {OCSP("by-256", "by-256.ocsp"), A(OK)},
        {OCSP("once", "once.ocsp"), A(OK)},
        {"low mid", M2M_CERT_FQDN, name, "root.pem", NULL, M2M_STATUS_OCSP, .ocsp = "low.ocsp", A(OK)},
        {"self", M2M_CERT_FQDN, name, "self.pem", NULL, M2M_STATUS_OCSP, A(OK)},
        {"good", M2M_CERT_FQDN, name, "root.pem", NULL, M2M_STATUS_IF_KNOWN, .staple = "root.pem", A(OK)},
        {"bad", M2M_CERT_FQDN, name, "root.pem", NULL, M2M_STATUS_OFF, .staple = "bad.ocsp", A(OK)},
    };
    ALL(rows);
}

static void flipped_response(void)
{
    static uint8_t room[4096];
    gba_view der = t_pki_file("good.ocsp");
    struct m2m_shown shown = cert_shown("good");
    struct m2m_expect expect = {
        .flavour = M2M_CERT_FQDN, .anchors = t_pki_file("root.pem"), .status = M2M_STATUS_OCSP};
    T_OK(gba_text_set(&expect.id, gba_view_cstr(name)));
    CU_ASSERT_FATAL(der.n <= sizeof room);
    gba_copy(room, der);
    expect.ocsp = gba_view_of(room, der.n);
    T_OK(m2m_cert_check(&expect, &shown, (int64_t)time(NULL)));
    for (size_t i = 0; i < 300; i += 2) { /* behind that is the signer's certificate, which is not needed */
        room[i] ^= 1;
        CU_ASSERT_NOT_EQUAL(m2m_cert_check(&expect, &shown, (int64_t)time(NULL)), GBA_OK);
        room[i] ^= 1;
    }
}

/* ---- questions ---- */

/* Only a certificate that is fine but for its status makes us ask. */
static void what_is_missing(void)
{
    static const struct {
        struct cert_case about;
        bool ask;
    } rows[] = {
        {{OCSP("good", NULL), A(E_CERT_STATUS)}, true},
        {{OCSP("bad", NULL), A(E_CERT_STATUS)}, true},
        {{"good", M2M_CERT_FQDN, name, "root.pem", NULL, M2M_STATUS_IF_KNOWN, A(OK)}, true},
        {{OCSP("good", "root.pem"), A(E_CERT_STATUS)}, true},
        {{OCSP("good", "good.ocsp"), A(OK)}, false},
        {{OCSP("bad", "bad.ocsp"), A(E_CERT_REVOKED)}, false},
        {{"good", M2M_CERT_FQDN, name, "root.pem", NULL, M2M_STATUS_OFF, A(OK)}, false},
        {{"good", M2M_CERT_FQDN, name, "root.pem", NULL, M2M_STATUS_CRL, A(E_CERT_STATUS)}, false},
        {{"good", M2M_CERT_FQDN, name, "twin.pem", NULL, M2M_STATUS_OCSP, A(E_CERT_PATH)}, false},
        {{"good", M2M_CERT_FQDN, name, "twin.pem", "root.crl", M2M_STATUS_OCSP, A(E_CERT_PATH)}, false},
        {{"good", M2M_CERT_FQDN, "b.mte.example", "root.pem", NULL, M2M_STATUS_OCSP, A(E_CERT_NAME)}, false},
        {{"self", M2M_CERT_FQDN, name, "self.pem", NULL, M2M_STATUS_OCSP, A(OK)}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct m2m_ocsp_question q = {.n = 1};
        struct cert_case one = rows[i].about;
        one.missing = &q;
        T_RC(cert_judge(&one), one.want);
        CU_ASSERT_EQUAL(q.n > 0, rows[i].ask);
        if ((q.n > 0) != rows[i].ask)
            printf("# row %zu\n", i);
    }
    for (int addressed = 0; addressed < 2; addressed++) { /* "bad" names no address */
        struct m2m_ocsp_question q = {.addressed = addressed};
        struct cert_case one = {"bad", M2M_CERT_FQDN, name, "root.pem", NULL, M2M_STATUS_IF_KNOWN, A(OK)};
        one.missing = &q;
        T_RC(cert_judge(&one), GBA_OK);
        CU_ASSERT_EQUAL(q.n > 0, !addressed);
        one.chain = "good";
        T_RC(cert_judge(&one), GBA_OK);
        CU_ASSERT(q.n > 0);
    }
}

static void files(void)
{
    static uint8_t memory[65536];
    gba_writer w = gba_writer_of(memory, sizeof memory), small = gba_writer_of(memory, 700);
    gba_view chain[GBA_X509_CHAIN_MAX];
    size_t n = 9;
    T_OK(gba_x509_crls_check(t_pki_file("all.crl")));
    T_RC(gba_x509_crls_check(t_pki_file("cut.crl")), GBA_E_CERT);
    T_RC(gba_x509_crls_check(t_pki_file("root.pem")), GBA_E_CERT);
    T_RC(gba_x509_crls_check(GBA_LIT("")), GBA_E_CERT);
    T_OK(gba_x509_chain_of_pem(t_pki_file("low.chain.pem"), &w, chain, &n));
    CU_ASSERT_EQUAL_FATAL(n, 2);
    T_BYTES(chain[0], t_pki_file("low.der"));
    T_BYTES(chain[1], t_pki_file("mid.der"));
    T_RC(gba_x509_chain_of_pem(t_pki_file("low.chain.pem"), &small, chain, &n), GBA_E_SPACE);
    T_RC(gba_x509_chain_of_pem(t_pki_file("root.key"), &w, chain, &n), GBA_E_CERT);
    CU_ASSERT_EQUAL(n, 0);
}

static void questions(void)
{
    struct m2m_ocsp_question q;
    gba_view anchors = t_pki_file("root.pem"), spki = t_pki_file("root.spki");
    int64_t until = -1;
    struct m2m_shown shown = cert_shown("good"), raw = {.raw = true, .chain = &spki, .n = 1};
    T_OK(m2m_cert_ocsp_ask(&shown, anchors, &q));
    T_BYTES(gba_text_view(&q.url), GBA_LIT("http://127.0.0.1:8888/ocsp"));
    CU_ASSERT(q.n > 60 && q.n < 256);
    shown = cert_shown("bad"); /* without an address */
    T_OK(m2m_cert_ocsp_ask(&shown, anchors, &q));
    CU_ASSERT_EQUAL(q.url.n, 0);
    shown = cert_shown("low mid"); /* the issuer is shown */
    T_OK(m2m_cert_ocsp_ask(&shown, anchors, &q));
    shown = cert_shown("low");
    T_RC(m2m_cert_ocsp_ask(&shown, anchors, &q), GBA_E_ABSENT);
    shown = cert_shown("self");
    T_RC(m2m_cert_ocsp_ask(&shown, t_pki_file("self.pem"), &q), GBA_E_ABSENT);
    T_RC(m2m_cert_ocsp_ask(&raw, anchors, &q), GBA_E_ABSENT);
    spki.n = 5;
    raw.raw = false;
    T_RC(m2m_cert_ocsp_ask(&raw, anchors, &q), GBA_E_CERT);
    T_OK(gba_x509_ocsp_until(t_pki_file("good.ocsp"), &until));
    CU_ASSERT(until > (int64_t)time(NULL) + DAY - 600 && until <= (int64_t)time(NULL) + DAY);
    T_OK(gba_x509_ocsp_until(t_pki_file("once.ocsp"), &until));
    CU_ASSERT_EQUAL(until, 0);
    T_RC(gba_x509_ocsp_until(t_pki_file("root.pem"), &until), GBA_E_CERT_STATUS);
}

/* ---- the PKI ---- */

static void write_file(const char *file, gba_view a, gba_view b)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", t_pki_dir(), file);
    FILE *out = fopen(path, "w");
    if (!out || fwrite(a.p, 1, a.n, out) != a.n || (b.n > 0 && fwrite(b.p, 1, b.n, out) != b.n) ||
        fclose(out) != 0)
        exit(1);
}

static void make(const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        t_pki(words[i]);
}

static void make_pki(void)
{
    static const char *const first[] = {
        "ca root cn=root",
        "ca twin cn=root",
        "sub mid root",
        "sub gone root",
        "leaf self - san=DNS:a.mte.example",
        "fqdn good root a.mte.example ocsp=http://127.0.0.1:8888/ocsp",
        "fqdn bad root a.mte.example",
        "fqdn once root a.mte.example",
        "fqdn low mid a.mte.example",
        "fqdn lost gone a.mte.example",
        "fqdn by-leaf root a.mte.example",
        "fqdn by-twin root a.mte.example",
        "fqdn by-twin-os root a.mte.example",
        "fqdn by-old root a.mte.example",
        "fqdn by-os root a.mte.example",
        "fqdn by-256 root a.mte.example",
        "leaf os root eku=OCSPSigning",
        "leaf old-os root eku=OCSPSigning expired",
        "leaf twin-os twin eku=OCSPSigning",
        "crl root",
        "revoke bad",
        "revoke gone",
    };
    static const char *const second[] = {
        "crl root",
        "crl mid",
        "crl twin",
        "ocsp good",
        "ocsp bad",
        "ocsp once -- -noverify",
        "ocsp low",
        "ocsp by-leaf signer=good",
        "ocsp by-twin signer=twin",
        "ocsp by-twin-os signer=twin-os",
        "ocsp by-old signer=old-os",
        "ocsp by-os signer=os",
        "ocsp by-256 id=sha256",
        "fqdn ghost root a.mte.example",
    };
    gba_view none = {NULL, 0};
    make(first, sizeof first / sizeof *first);
    write_file("old.crl", t_pki_file("root.crl"), none); /* before anything was revoked */
    make(second, sizeof second / sizeof *second);
    write_file("root.index", GBA_LIT(""), none);
    t_pki("ocsp ghost");
    write_file("all.crl", t_pki_file("root.crl"), t_pki_file("mid.crl"));
    gba_view crl = t_pki_file("root.crl");
    write_file("cut.crl", crl, gba_view_sub(crl, 0, crl.n - 60));
}

int main(void)
{
    CU_TestInfo refused[] = {
        {"D9 revocation lists", crl_refuses},
        {"D9 OCSP responses", ocsp_refuses},
        {"flipped OCSP response", flipped_response},
        {"what is missing", what_is_missing},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo accepted[] = {
        {"D9 revocation lists", crl_passes},
        {"D9 OCSP responses", ocsp_passes},
        {"questions", questions},
        {"files", files},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, refused},
        {"accepted", NULL, NULL, NULL, NULL, accepted},
        CU_SUITE_INFO_NULL,
    };
    make_pki();
    return tap_run(suites);
}
