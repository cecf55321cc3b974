/* SPDX-License-Identifier: Apache-2.0 */
/* What the cross-field check of the configuration finds. */
#include "naf/conf.h"

#include <string.h>

#include "m2m/cert.h"
#include "tests/lib/tap.h"

static struct naf_conf conf;
static struct naf_service service;
static struct naf_route routes[2];
static struct gba_conf_peer bsf;
static gba_text listen;
static struct m2m_conf_source mef;
static struct m2m_conf_party client;
static struct {
    unsigned n;
    gba_text key;
} faults;

static void set(gba_text *t, const char *s)
{
    T_OK(gba_text_set(t, gba_view_cstr(s)));
}

static void with_maf(void)
{
    memset(&mef, 0, sizeof mef);
    memset(&client, 0, sizeof client);
    set(&conf.maf.name.fqdn, "maf.mte.example");
    conf.maf.suid = 0;
    conf.maf.listen_dtls = (struct gba_opt_list){&listen, 1};
    conf.maf.mefs = (struct gba_opt_list){&mef, 1};
    conf.maf.clients = (struct gba_opt_list){&client, 1};
    set(&mef.fqdn, "mef.mte.example");
    set(&mef.expect.anchors, "anchors.pem");
    set(&client.id, "//sp.example/S98821");
    client.expect.flavour = M2M_CERT_AE;
    set(&client.expect.anchors, "anchors.pem");
}

static void set_up(void)
{
    memset(&conf, 0, sizeof conf);
    conf.services = (struct gba_opt_list){&service, 1};
    set(&service.fqdn, "xcap.home.example");
    conf.routes = (struct gba_opt_list){routes, 2};
    set(&routes[0].btid_domain, "bsf.home.example");
    set(&routes[1].btid_domain, "*");
    conf.http.listen = (struct gba_opt_list){&listen, 1};
    set(&conf.diameter.identity, "naf.home.example");
    set(&bsf.identity, "bsf.home.example");
    set(&bsf.address, "127.0.0.1:3868");
    conf.diameter.peers = (struct gba_opt_list){&bsf, 1};
    with_maf();
}

static void on_fault(void *ctx, const char *key, const char *text)
{
    (void)ctx;
    (void)text;
    faults.n++;
    set(&faults.key, key);
}

/* One fault with this key, or none for NULL; then all is as it was set up. */
static void finds(const char *key)
{
    const struct gba_conf_sink sink = {on_fault, NULL};
    memset(&faults, 0, sizeof faults);
    naf_conf_check(&conf, &sink);
    CU_ASSERT_EQUAL(faults.n, key ? 1 : 0);
    T_STR(gba_text_view(&faults.key), key ? key : "");
    set_up();
}

static void the_proxy_is_whole(void)
{
    conf.http.listen.n = 0;
    finds("http");
    conf.routes.n = 0;
    finds("bsf");
    conf.diameter.identity.n = 0;
    finds("diameter");
    set(&routes[1].btid_domain, "BSF.home.example");
    finds("bsf.btid_domain");
    service.uss_required = true;
    finds("services.gsid");
    service.uss_required = false;
    conf.services.n = 0;
    conf.maf.name.fqdn.n = 0;
    finds("services");
}

static void the_maf_is_whole(void)
{
    set(&conf.maf.name.fqdn, "not a name");
    finds("maf.fqdn");
    conf.maf.listen_dtls.n = 0;
    finds("maf.listen");
    conf.maf.suid = 11;
    finds("maf.suid");
    set(&mef.fqdn, "not a name");
    finds("maf.mefs.fqdn");
    set(&mef.expect.anchors, "");
    finds("maf.mefs.anchors");
    set(&client.id, "/S98821");
    finds("maf.clients.id");
    client.expect.flavour = M2M_CERT_RAW;
    finds("maf.clients.cert_id");
    set(&listen, "192.0.2.1:80");
    conf.admin.listen = (struct gba_opt_list){&listen, 1};
    finds("admin.listen");
}

static void any_part_alone(void)
{
    finds(NULL);
    conf.maf.name.fqdn.n = 0;
    finds(NULL);
    conf.services.n = conf.http.listen.n = conf.routes.n = 0;
    conf.diameter.identity.n = 0;
    conf.maf.suid = 21;
    finds(NULL);
}

int main(void)
{
    CU_TestInfo conf_tests[] = {
        {"what the proxy needs is there", the_proxy_is_whole},
        {"the MAF is checked", the_maf_is_whole},
        {"proxy and MAF, and each alone", any_part_alone},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"conf", NULL, NULL, set_up, NULL, conf_tests},
        CU_SUITE_INFO_NULL,
    };
    return tap_run(suites);
}
