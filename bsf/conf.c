/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/conf.h"

#include <stddef.h>

#include "bsf/policy.h"
#include "config/bsf.opt"

const struct bsf_conf_name *bsf_conf_name_at(const struct bsf_conf *conf, size_t i)
{
    return (const struct bsf_conf_name *)conf->names.items + i;
}

const struct bsf_conf_rule *bsf_conf_rule_at(const struct bsf_conf *conf, size_t i)
{
    return (const struct bsf_conf_rule *)conf->zn.items + i;
}

static void check_name(const struct bsf_conf *conf, size_t i, const struct gba_conf_sink *sink)
{
    const struct bsf_conf_name *name = bsf_conf_name_at(conf, i);
    if (!gba_is_fqdn(gba_text_view(&name->host)))
        gba_conf_fault(sink, "names.host", "expected a host name");
    if (name->btid_domain.n > 0 && !gba_is_fqdn(gba_text_view(&name->btid_domain)))
        gba_conf_fault(sink, "names.btid_domain", "expected a host name");
    for (size_t k = 0; k < i; k++) {
        if (gba_view_eq_nocase(gba_text_view(&name->host), gba_text_view(&bsf_conf_name_at(conf, k)->host)))
            gba_conf_fault(sink, "names.host", "this host name stands here twice");
    }
}

static void check_cert(const struct bsf_conf *conf, const struct bsf_conf_name *name,
                       const struct gba_conf_sink *sink)
{
    if ((name->cert.n > 0) != (name->key.n > 0))
        gba_conf_fault(sink, "names.cert", "expected both cert and key, or neither");
    else if (name->cert.n == 0 && conf->https.cert.n == 0)
        gba_conf_fault(sink, "names.cert", "is needed for https, here or there");
}

static void check_tls(const struct bsf_conf *conf, const struct gba_conf_sink *sink)
{
    if ((conf->https.cert.n > 0) != (conf->https.key.n > 0))
        gba_conf_fault(sink, "https.cert", "expected both cert and key, or neither");
    for (size_t i = 0; i < conf->names.n; i++)
        check_cert(conf, bsf_conf_name_at(conf, i), sink);
}

static bool printable(const gba_text *t)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->s[i] < ' ' || t->s[i] > '~')
            return false;
    }
    return true;
}

/* What bootstrapping needs beside names. */
static void check_whole(const struct bsf_conf *conf, const struct gba_conf_sink *sink)
{
    if (conf->http.listen.n == 0 && conf->https.listen.n == 0)
        gba_conf_fault(sink, "http", "is needed beside names, or https");
    if (conf->https.listen.n > 0)
        check_tls(conf, sink);
    if (conf->zh.realm.n == 0)
        gba_conf_fault(sink, "zh", "is needed beside names");
    if (conf->diameter.identity.n == 0)
        gba_conf_fault(sink, "diameter", "is needed beside names");
}

void bsf_conf_check(const struct bsf_conf *conf, const struct gba_conf_sink *sink)
{
    const struct bsf_conf_lifetime *l = &conf->ub.key_lifetime;
    if (conf->names.n > 0)
        check_whole(conf, sink);
    else if (conf->mef.names.n == 0)
        gba_conf_fault(sink, "names", "expected names here, or the section mef");
    if (conf->mef.names.n > 0)
        m2m_conf_mef_check(&conf->mef, sink);
    m2m_conf_admin_check(&conf->admin, sink);
    for (size_t i = 0; i < conf->names.n; i++)
        check_name(conf, i, sink);
    if (!printable(&conf->ub.product))
        gba_conf_fault(sink, "ub.product", "expected printable characters");
    if (l->min_s > l->default_s || l->default_s > l->max_s)
        gba_conf_fault(sink, "ub.key_lifetime", "expected min <= default <= max");
    for (size_t i = 0; i < conf->zn.n; i++)
        bsf_policy_check(bsf_conf_rule_at(conf, i), sink);
    gba_conf_diameter_check(&conf->diameter, sink);
}
