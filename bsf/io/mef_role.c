/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/mef_role.h"

#include "m2m/gba_mode.h"
#include "rt/log.h"

static gba_rc permit(void *self, gba_view impi, gba_view naf, gba_text *uid)
{
    const struct m2m_mef_server *server = self;
    return m2m_gba_permit(&server->engine, impi, naf, uid);
}

static void on_done(void *arg, const struct bsf_ub_http_done *done)
{
    struct m2m_mef_server *server = arg;
    const struct m2m_mef_gba run = {done->impi, done->btid, done->expiry_s};
    gba_rc rc = m2m_mef_note_gba(&server->engine, rt_loop_env(server->loop), &run);
    if (rc == GBA_E_ABSENT)
        return;
    if (rc == GBA_OK)
        rt_log(RT_LOG_INFO, "mef.enrolled", RT_ID("keid", done->btid), RT_ID("impi", done->impi),
               RT_CSTR("framework", "gba"), RT_NUM("until", done->expiry_s));
    else
        rt_log(RT_LOG_ERROR, "mef.not-noted", RT_REASON(rc), RT_ID("keid", done->btid));
    rt_reasons_add(&server->reasons, rc);
}

struct bsf_role_mef bsf_mef_role_of(struct bsf_mef_role *mef, struct m2m_mef_server *server)
{
    if (!server->conf)
        return (struct bsf_role_mef){0};
    mef->server = server;
    mef->zn = (struct bsf_zn_mef){server, permit, server->conf->gsid};
    return (struct bsf_role_mef){&mef->zn, on_done, server};
}
