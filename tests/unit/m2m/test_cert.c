/* SPDX-License-Identifier: Apache-2.0 */
/* Rows D1 to D8, D12, D13, B9, B10: what a certificate must be like, by a PKI made here. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/lib/pki.h"
#include "tests/lib/tap.h"
#include "tests/unit/m2m/cert_case.h"

#define ALL(rows) cert_judge_all(rows, sizeof(rows) / sizeof *(rows))

static const char ae_id[] = "//sp.example/S98821", device_id[] = "0.2.481.1.100.3030.10011";

/* ---- names ---- */

static void other_names(void)
{
    static const struct cert_case rows[] = {
        {"mef", M2M_CERT_FQDN, "mef2.mte.example", "root.pem", .want = GBA_E_CERT_NAME},
        {"mef", M2M_CERT_FQDN, "mte.example", "root.pem", .want = GBA_E_CERT_NAME},
        {"mef", M2M_CERT_FQDN, "*.mte.example", "root.pem", .want = GBA_E_CERT_NAME},
        {"mn1", M2M_CERT_CSE, "mn2.in-cse.sp.example", "root.pem", .want = GBA_E_CERT_NAME},
        {"wild", M2M_CERT_CSE, "mn1.in-cse.sp.example", "root.pem", .want = GBA_E_CERT_NAME},
        {"wild", M2M_CERT_CSE, "*.in-cse.sp.example", "root.pem", .want = GBA_E_CERT_NAME},
        {"cn", M2M_CERT_CSE, "mn1.in-cse.sp.example", "root.pem", .want = GBA_E_CERT_NAME},
        {"ae", M2M_CERT_AE, "//sp.example/S98822", "root.pem", .want = GBA_E_CERT_NAME},
        {"ae-slash", M2M_CERT_AE, ae_id, "root.pem", .want = GBA_E_CERT_NAME},
        {"ae", M2M_CERT_AE, "//sp.example/s98821", "root.pem", .want = GBA_E_CERT_NAME},
        {"ae", M2M_CERT_FQDN, "sp.example", "root.pem", .want = GBA_E_CERT_FLAVOUR},
        {"node", M2M_CERT_NODE, "urn:gsma:imei:90420156-025763-1", "root.pem", .want = GBA_E_CERT_NAME},
        {"dev", M2M_CERT_DEVICE, "0.2.481.1.100.3030.10012", "root.pem", .want = GBA_E_CERT_NAME},
        {"dev", M2M_CERT_DEVICE, "0.2.481.1.100.3030.100", "root.pem", .want = GBA_E_CERT_NAME},
        {"dev", M2M_CERT_DEVICE, "0.2.481.1.100.3030", "root.pem", .want = GBA_E_CERT_NAME},
        {"bare", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_E_CERT_NAME},
        {"nul", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_E_CERT_NAME},
        {"dev-int", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_E_CERT_NAME},
        {"dev-word", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_E_CERT_NAME},
        {"dev-zero", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_E_CERT_NAME},
        {"dev-pad", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_E_CERT_NAME},
    };
    ALL(rows);
}

static void other_flavours(void)
{
    static const struct cert_case rows[] = {
        {"mef", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_E_CERT_FLAVOUR},
        {"dev", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_E_CERT_FLAVOUR},
        {"ae", M2M_CERT_NODE, "urn:a:b", "root.pem", .want = GBA_E_CERT_FLAVOUR},
        {"mef", M2M_CERT_RAW, "ni:///sha-256-120;Wnp4zKSg9CDZvGK7Zpw8", "root.pem",
         .want = GBA_E_CERT_FLAVOUR},
    };
    ALL(rows);
}

static void no_ids(void)
{
    static const struct {
        enum m2m_flavour flavour;
        const char *id;
    } rows[] = {
        {M2M_CERT_FQDN, ""},
        {M2M_CERT_FQDN, "*.mte.example"},
        {M2M_CERT_FQDN, "//sp.example/S1"},
        {M2M_CERT_CSE, "-.example"},
        {M2M_CERT_AE, "//sp.example/cse"},
        {M2M_CERT_AE, "//sp.example/S1/"},
        {M2M_CERT_AE, "http://sp.example/S1"},
        {M2M_CERT_NODE, "gsma:imei:1"},
        {M2M_CERT_NODE, "urn:gsma:"},
        {M2M_CERT_NODE, "urn:gsma:a b"},
        {M2M_CERT_DEVICE, "0.2.481.1."},
        {M2M_CERT_DEVICE, "0.2.0481"},
        {M2M_CERT_DEVICE, "0..2"},
        {M2M_CERT_DEVICE, ".0.2"},
        {M2M_CERT_DEVICE, "serial"},
        {M2M_CERT_RAW, "ni:///sha-256;x"},
    };
    gba_text id;
    enum m2m_flavour flavour;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        T_RC(m2m_cert_id_parse(rows[i].flavour, gba_view_cstr(rows[i].id), &id), GBA_E_CERT_NAME);
    T_RC(m2m_flavour_parse(GBA_LIT("FQDN"), &flavour), GBA_E_WORD);
    for (int i = M2M_CERT_RAW; i <= M2M_CERT_FQDN; i++) {
        T_OK(m2m_flavour_parse(gba_view_cstr(m2m_flavour_name((enum m2m_flavour)i)), &flavour));
        CU_ASSERT_EQUAL((int)flavour, i);
    }
}

static void right_names(void)
{
    static const struct cert_case rows[] = {
        {"mef", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_OK},
        {"mef", M2M_CERT_FQDN, "MEF.mte.Example", "root.pem", .want = GBA_OK},
        {"maf-uri", M2M_CERT_FQDN, "maf.mte.example", "root.pem", .want = GBA_OK},
        {"mn1", M2M_CERT_CSE, "mn1.in-cse.sp.example", "root.pem", .want = GBA_OK},
        {"ae", M2M_CERT_AE, ae_id, "root.pem", .want = GBA_OK},
        {"ae", M2M_CERT_AE, "m2m://sp.example/S98821", "root.pem", .want = GBA_OK},
        {"ae-bare", M2M_CERT_AE, ae_id, "root.pem", .want = GBA_OK},
        {"node", M2M_CERT_NODE, "urn:gsma:imei:90420156-025763-0;svn=42", "root.pem", .want = GBA_OK},
        {"dev", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_OK},
        {"dev-text", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_OK},
        {"dev-cut", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_OK},
        {"both", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_OK},
        {"both", M2M_CERT_AE, ae_id, "root.pem", .want = GBA_OK},
    };
    ALL(rows);
}

struct tally {
    unsigned n;
    gba_rc stop;
    char text[1024];
};

static gba_rc note(void *self, enum m2m_flavour flavour, gba_view id)
{
    struct tally *tally = self;
    gba_writer w = {.p = (uint8_t *)tally->text, .cap = sizeof tally->text - 1, .n = 0};
    w.n = gba_view_cstr(tally->text).n;
    tally->n++;
    gba_put_str(&w, m2m_flavour_name(flavour));
    gba_put_str(&w, " ");
    gba_put_view(&w, id);
    gba_put_str(&w, "; ");
    return tally->stop;
}

static void all_names(void)
{
    struct tally all = {.n = 0}, first = {.stop = GBA_E_ABSENT};
    struct m2m_shown shown = cert_shown("both");
    T_OK(m2m_cert_names(&shown, note, &all));
    T_STR(gba_view_cstr(all.text),
          "device 0.2.481.1.100.3030.10011; ae //sp.example/S98821; cse gw.sp.example; "
          "fqdn gw.sp.example; ");
    T_RC(m2m_cert_names(&shown, note, &first), GBA_E_ABSENT);
    CU_ASSERT_EQUAL(first.n, 1);
}

/* ---- path ---- */

static void other_paths(void)
{
    static const struct cert_case rows[] = {
        {"mef", M2M_CERT_FQDN, "mef.mte.example", "twin.pem", .want = GBA_E_CERT_PATH}, /* same CA name */
        {"mef-mid", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_E_CERT_PATH},
        {"mef-mid twin", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_E_CERT_PATH},
        {"fake mef", M2M_CERT_FQDN, "fake.mte.example", "root.pem",
         .want = GBA_E_CERT_PATH}, /* a leaf is no CA */
        {"self", M2M_CERT_FQDN, "self.mte.example", "root.pem", .want = GBA_E_CERT_PATH},
        {"self root", M2M_CERT_FQDN, "self.mte.example", "root.pem", .want = GBA_E_CERT_PATH},
        {"deep low2 low", M2M_CERT_FQDN, "deep.mte.example", "root.pem",
         .want = GBA_E_CERT_PATH},                                                 /* pathlen */
        {"mef", M2M_CERT_FQDN, "mef.mte.example", "root.key", .want = GBA_E_CERT}, /* no anchors in there */
        {"old", M2M_CERT_FQDN, "old.mte.example", "root.pem", .want = GBA_E_CERT_EXPIRED},
        {"new", M2M_CERT_FQDN, "new.mte.example", "root.pem", .want = GBA_E_CERT_EXPIRED},
        {"mef", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .now_s = 4102444800,
         .want = GBA_E_CERT_EXPIRED},
        {"mef", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .now_s = 1700000000,
         .want = GBA_E_CERT_EXPIRED},
        {"mef-stale stale", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_E_CERT_EXPIRED},
        {"mef mid mid mid mid mid mid mid mid", M2M_CERT_FQDN, "mef.mte.example", "root.pem",
         .want = GBA_E_CERT_PATH},
    };
    ALL(rows);
}

static void right_paths(void)
{
    static const struct cert_case rows[] = {
        {"mef-mid mid", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_OK},
        {"mef-mid mid root", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_OK},
        {"mef-mid root mid", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_OK}, /* any order */
        {"mef-mid", M2M_CERT_FQDN, "mef.mte.example", "mid.pem",
         .want = GBA_OK}, /* an anchor below the root */
        {"self", M2M_CERT_FQDN, "self.mte.example", "self.pem", .want = GBA_OK},
        {"mef", M2M_CERT_FQDN, "mef.mte.example", "mef.pem", .want = GBA_OK},
        {"mef", M2M_CERT_FQDN, "mef.mte.example", "anchors.pem",
         .want = GBA_OK}, /* several, with text between */
        {"old", M2M_CERT_FQDN, "old.mte.example", "root.pem", .now_s = 1720000000, .want = GBA_OK},
    };
    ALL(rows);
}

/* ---- profile ---- */

static void other_profiles(void)
{
    static const struct cert_case rows[] = {
        {"rsa", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_E_CERT_PROFILE},
        {"p384", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_E_CERT_PROFILE},
        {"packed", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_E_CERT_PROFILE},
        {"sha384", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_E_CERT_PROFILE},
        {"agree", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_E_CERT_PROFILE},
        {"usage", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_E_CERT_PROFILE},
        {"mail", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_E_CERT_PROFILE},
        {"mef-rsaca", M2M_CERT_FQDN, "mef.mte.example", "rsaca.pem", .want = GBA_E_CERT_PROFILE},
        {"mef-mid384 mid384", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_E_CERT_PROFILE},
        {"many", M2M_CERT_FQDN, "h2.example", "root.pem", .want = GBA_E_CERT_PROFILE},
        {"tls", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_OK},
    };
    ALL(rows);
}

/* ---- name constraints (D12) ---- */

static void constraints_broken(void)
{
    static const struct cert_case rows[] = {
        {"dc-out devca", M2M_CERT_DEVICE, "0.2.481.1.100.4040.1", "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        /* the same identifier, cut elsewhere in type and value */
        {"dc-cut devca", M2M_CERT_DEVICE, "0.2.481.1.100.4040.1", "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        {"dc-arc devca", M2M_CERT_DEVICE, "0.2.481.2.7.1", "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        {"dc-near devca", M2M_CERT_DEVICE, "0.2.481.1.100.30301.1", "root.pem",
         .want = GBA_E_CERT_CONSTRAINT},
        {"dc-int devca", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        {"nd-in notdevca", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        {"ae-out spca", M2M_CERT_AE, "//other.example/S1", "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        {"ae-bare-out spca", M2M_CERT_AE, "//other.example/S1", "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        {"ae-sub spca", M2M_CERT_AE, "//x.sp.example/S1", "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        {"urn spca", M2M_CERT_NODE, "urn:gsma:imei:1", "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        {"ns-in notspca", M2M_CERT_AE, ae_id, "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        {"mn-out cseca", M2M_CERT_CSE, "mn1.other.example", "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        /* what comes behind a name that libcrypto cannot judge is judged too */
        {"mix-dns mixca", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        {"mix-mail mixca", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        {"mix-ip mixca", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        {"mix-subject mixca", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        {"mix-nomail mixca", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_E_CERT_CONSTRAINT},
        /* a CA further up */
        {"far-out lowdev devca", M2M_CERT_DEVICE, "0.2.481.1.100.4040.1", "root.pem",
         .want = GBA_E_CERT_CONSTRAINT},
        /* an anchor's own */
        {"dc-out", M2M_CERT_DEVICE, "0.2.481.1.100.4040.1", "devca.pem", .want = GBA_E_CERT_CONSTRAINT},
        {"upnout upnca", M2M_CERT_FQDN, "mef.mte.example", "root.pem", .want = GBA_E_CERT_CONSTRAINT},
    };
    ALL(rows);
}

static void constraints_kept(void)
{
    static const struct cert_case rows[] = {
        {"dc-in devca", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_OK},
        {"dc-text devca", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_OK},
        {"far-in lowdev devca", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_OK},
        {"nd-out notdevca", M2M_CERT_DEVICE, "0.2.481.1.100.4040.1", "root.pem", .want = GBA_OK},
        {"ae-in spca", M2M_CERT_AE, ae_id, "root.pem", .want = GBA_OK},
        {"ae-bare-in spca", M2M_CERT_AE, ae_id, "root.pem", .want = GBA_OK},
        {"ns-out notspca", M2M_CERT_AE, "//other.example/S1", "root.pem", .want = GBA_OK},
        {"mn-in cseca", M2M_CERT_CSE, "mn1.in-cse.sp.example", "root.pem", .want = GBA_OK},
        {"mix-in mixca", M2M_CERT_DEVICE, device_id, "root.pem", .want = GBA_OK},
        {"dns-only devca", M2M_CERT_FQDN, "mef.mte.example", "root.pem",
         .want = GBA_OK}, /* no device name in it */
    };
    ALL(rows);
}

/* ---- octets ---- */

static gba_rc judge_der(gba_view der)
{
    struct m2m_shown shown = {.chain = &der, .n = 1};
    struct m2m_expect expect = {.flavour = M2M_CERT_DEVICE, .anchors = t_pki_file("root.pem")};
    T_OK(gba_text_set(&expect.id, gba_view_cstr(device_id)));
    return m2m_cert_check(&expect, &shown, (int64_t)time(NULL));
}

static void cut_and_flipped(void)
{
    static uint8_t room[2048];
    gba_view der = t_pki_file("dev.der");
    CU_ASSERT_FATAL(der.n < sizeof room);
    gba_copy(room, der);
    T_OK(judge_der(gba_view_of(room, der.n)));
    T_RC(judge_der(gba_view_of(room, der.n + 1)), GBA_E_CERT);
    for (size_t n = 0; n < der.n; n += 7)
        T_RC(judge_der(gba_view_of(room, n)), GBA_E_CERT);
    for (size_t i = 0; i < der.n; i += 3) {
        room[i] ^= 1;
        CU_ASSERT_NOT_EQUAL(judge_der(gba_view_of(room, der.n)), GBA_OK);
        room[i] ^= 1;
    }
    T_OK(judge_der(der)); /* what was read between is not taken for it */
}

static void broken_anchors(void)
{
    static uint8_t room[4096];
    gba_view root = t_pki_file("root.pem"), der = t_pki_file("dev.der");
    struct m2m_shown shown = {.chain = &der, .n = 1};
    struct m2m_expect expect = {.flavour = M2M_CERT_DEVICE};
    T_OK(gba_text_set(&expect.id, gba_view_cstr(device_id)));
    T_RC(m2m_cert_check(&expect, &shown, (int64_t)time(NULL)), GBA_E_CERT);
    gba_writer w = gba_writer_of(room, sizeof room);
    gba_put_view(&w, root);
    gba_put_view(&w, gba_view_sub(root, 0, root.n - 40)); /* the second one is cut */
    expect.anchors = gba_writer_view(&w);
    T_RC(m2m_cert_check(&expect, &shown, (int64_t)time(NULL)), GBA_E_CERT);
}

static void validity(void)
{
    int64_t until = 0;
    struct m2m_shown shown = cert_shown("old");
    T_OK(m2m_cert_until(&shown, &until));
    CU_ASSERT_EQUAL(until, 1735689600); /* 2025-01-01T00:00:00Z */
}

/* ---- the PKI ---- */

static void make_leaves(void)
{
    static const char *const words[] = {
        "ca root cn=root",
        "ca twin cn=root",
        "sub mid root",
        "fqdn mef root mef.mte.example",
        "fqdn mef-mid mid mef.mte.example",
        "leaf maf-uri root san=URI:https://maf.mte.example/",
        "cse mn1 root mn1.in-cse.sp.example",
        "cse wild root *.in-cse.sp.example",
        "leaf cn root cn=mn1.in-cse.sp.example",
        "ae ae root m2m://sp.example/S98821",
        "ae ae-bare root //sp.example/S98821",
        "ae ae-slash root m2m://sp.example/S98821/",
        "node node root urn:gsma:imei:90420156-025763-0;svn=42",
        "leaf bare root",
        "device dev root 0.2.481.1 100.3030.10011",
        "device dev-cut root 0.2.481 1.100.3030.10011",
        "leaf dev-text root san=otherName:0.2.481.1;UTF8:100.3030.10011",
        "leaf dev-int root san=otherName:0.2.481.1;INTEGER:10011",
        "leaf dev-word root san=otherName:0.2.481.1;UTF8:100.3030.10011x",
        "leaf dev-zero root san=otherName:0.2.481.1;UTF8:100.3030.010011",
        "leaf dev-pad root san=otherName:0.2.481.1;FORMAT:HEX,IMPLICIT:13U,OCTETSTRING:80649756CE1B",
        ("leaf both root san=otherName:0.2.481.1;UTF8:100.3030.10011 san=URI:m2m://sp.example/S98821 "
         "san=DNS:gw.sp.example"),
        "leaf nul root ext=subjectAltName=DER:301482126d65662e6d74652e6578616d706c65002e78",
        "fqdn fake mef fake.mte.example",
        "leaf self - san=DNS:self.mte.example",
        "sub low root ext=basicConstraints=critical,CA:TRUE,pathlen:0",
        "sub low2 low",
        "fqdn deep low2 deep.mte.example",
        "fqdn old root old.mte.example expired",
        "fqdn new root new.mte.example future",
        "sub stale root expired",
        "fqdn mef-stale stale mef.mte.example",
        "fqdn rsa root mef.mte.example rsa",
        "fqdn p384 root mef.mte.example curve=secp384r1",
        "fqdn packed root mef.mte.example form=compressed",
        "fqdn sha384 root mef.mte.example md=sha384",
        "fqdn agree root mef.mte.example usage=keyAgreement",
        "fqdn usage root mef.mte.example usage=none",
        "fqdn mail root mef.mte.example eku=emailProtection",
        "fqdn tls root mef.mte.example eku=clientAuth,serverAuth",
        "ca rsaca rsa",
        "fqdn mef-rsaca rsaca mef.mte.example",
        "sub mid384 root curve=secp384r1",
        "fqdn mef-mid384 mid384 mef.mte.example",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        t_pki(words[i]);
}

static void make_constrained(void)
{
    static const char *const words[] = {
        "sub devca root nc-device=permitted;0.2.481.1;100.3030",
        "device dc-in devca 0.2.481.1 100.3030.10011",
        "leaf dc-text devca san=otherName:0.2.481.1;UTF8:100.3030.10011",
        "device dc-out devca 0.2.481.1 100.4040.1",
        "device dc-cut devca 0.2.481 1.100.4040.1",
        "device dc-arc devca 0.2.481.2 7.1",
        "device dc-near devca 0.2.481.1 100.30301.1",
        "leaf dc-int devca san=otherName:0.2.481.1;INTEGER:5 san=otherName:0.2.481.1;UTF8:100.3030.10011",
        "sub lowdev devca",
        "device far-in lowdev 0.2.481.1 100.3030.10011",
        "device far-out lowdev 0.2.481.1 100.4040.1",
        "fqdn dns-only devca mef.mte.example",
        "sub notdevca root nc-device=excluded;0.2.481.1;100.3030",
        "device nd-in notdevca 0.2.481.1 100.3030.10011",
        "device nd-out notdevca 0.2.481.1 100.4040.1",
        "sub spca root nc=permitted;URI:sp.example",
        "ae ae-in spca m2m://sp.example/S98821",
        "ae ae-bare-in spca //sp.example/S98821",
        "ae ae-out spca m2m://other.example/S1",
        "ae ae-bare-out spca //other.example/S1",
        "ae ae-sub spca m2m://x.sp.example/S1",
        "node urn spca urn:gsma:imei:1",
        "sub notspca root nc=excluded;URI:sp.example",
        "ae ns-in notspca //sp.example/S98821",
        "ae ns-out notspca //other.example/S1",
        "sub cseca root nc=permitted;DNS:in-cse.sp.example",
        "cse mn-in cseca mn1.in-cse.sp.example",
        "cse mn-out cseca mn1.other.example",
        ("sub mixca root nc-device=permitted;0.2.481.1;100.3030 nc=permitted;DNS:sp.example "
         "nc=permitted;email:sp.example nc=permitted;IP:127.0.0.0/255.0.0.0"),
        "leaf mix-in mixca san=otherName:0.2.481.1;UTF8:100.3030.10011 san=DNS:gw.sp.example",
        "leaf mix-dns mixca san=otherName:0.2.481.1;UTF8:100.3030.10011 san=DNS:gw.other.example",
        "leaf mix-mail mixca san=otherName:0.2.481.1;UTF8:100.3030.10011 san=email:a@other.example",
        "leaf mix-ip mixca san=otherName:0.2.481.1;UTF8:100.3030.10011 san=IP:192.0.2.1",
        "leaf mix-subject mixca mail=a@other.example san=otherName:0.2.481.1;UTF8:100.3030.10011",
        "leaf mix-nomail mixca mail=nobody san=otherName:0.2.481.1;UTF8:100.3030.10011",
        "sub upnca root nc=permitted;otherName:1.3.6.1.4.1.311.20.2.3;UTF8:x",
        "leaf upnout upnca san=DNS:mef.mte.example san=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:y",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        t_pki(words[i]);
}

/* Two thousand names in one certificate, and a file with two anchors. */
static void make_large(void)
{
    static uint8_t room[65536];
    char path[256];
    gba_writer w = gba_writer_of(room, sizeof room - 1);
    gba_put_str(&w, "leaf many root");
    for (unsigned i = 0; i < 2000; i++) {
        gba_put_str(&w, " san=DNS:h");
        gba_put_dec(&w, i);
        gba_put_str(&w, ".example");
    }
    t_pki((const char *)room);
    snprintf(path, sizeof path, "%s/anchors.pem", t_pki_dir());
    FILE *file = fopen(path, "w");
    gba_view a = t_pki_file("twin.pem"), b = t_pki_file("root.pem");
    if (!file)
        exit(1);
    fprintf(file, "the twin\n%.*s\nthe root\n%.*s", (int)a.n, (const char *)a.p, (int)b.n, (const char *)b.p);
    fclose(file);
}

int main(void)
{
    CU_TestInfo refused[] = {
        {"octets cut and flipped", cut_and_flipped},
        {"anchors that cannot be read", broken_anchors},
        {"identifiers that are none", no_ids},
        {"D3 D4 D5 other names", other_names},
        {"D1 other flavours", other_flavours},
        {"D7 D8 other paths", other_paths},
        {"D13 other profiles", other_profiles},
        {"D12 constraints broken", constraints_broken},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo accepted[] = {
        {"D3 D4 D5 D6 B9 B10 right names", right_names},
        {"all names", all_names},
        {"D7 right paths", right_paths},
        {"D12 constraints kept", constraints_kept},
        {"end of validity", validity},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"refused", NULL, NULL, NULL, NULL, refused},
        {"accepted", NULL, NULL, NULL, NULL, accepted},
        CU_SUITE_INFO_NULL,
    };
    make_leaves();
    make_constrained();
    make_large();
    return tap_run(suites);
}
