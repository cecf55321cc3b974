/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/io/sim_card.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "rt/file.h"
#include "uicc/soft.h"
#include "uicc/soft_auth.h"
#include "uicc/soft_state.h"

struct uicc_sim {
    int lock_fd; /* the profile, locked */
    char state_path[1024];
    struct uicc_soft soft;
};

/* ---- profile ---- */

struct complaint {
    const char *path;
    struct rt_conf_errors *errors;
    bool any;
};

static void complain(void *ctx, const char *key, const char *text)
{
    struct complaint *c = ctx;
    rt_conf_complain(c->errors, c->path, key, text);
    c->any = true;
}

/* On success the caller frees *conf (rt_conf_free). */
static gba_rc read_profile(const char *path, struct uicc_conf *conf, struct rt_conf_errors *errors)
{
    struct complaint complaint = {path, errors, false};
    struct gba_conf_sink sink = {complain, &complaint};
    *conf = (struct uicc_conf){.imsi = {0}};
    GBA_TRY(rt_conf_read(path, uicc_conf_rows, conf, errors));
    uicc_conf_check(conf, &sink);
    if (complaint.any)
        rt_conf_free(uicc_conf_rows, conf);
    return complaint.any ? GBA_E_CONFIG : GBA_OK;
}

gba_rc uicc_sim_check(const char *profile, struct rt_conf_errors *errors)
{
    struct uicc_conf conf;
    GBA_TRY(read_profile(profile, &conf, errors));
    rt_conf_free(uicc_conf_rows, &conf);
    return GBA_OK;
}

/* ---- state ---- */

static gba_rc save(struct uicc_sim *sim)
{
    uint8_t octets[UICC_SOFT_STATE_MAX];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    uicc_soft_save(&sim->soft, &w);
    gba_rc rc = gba_writer_end(&w);
    if (rc == GBA_OK)
        rc = rt_file_replace(sim->state_path, gba_writer_view(&w));
    if (rc == GBA_OK)
        sim->soft.changed = false;
    gba_wipe_bytes(octets, sizeof octets);
    return rc;
}

/* A card without a state file is new. */
static gba_rc load(struct uicc_sim *sim)
{
    uint8_t octets[UICC_SOFT_STATE_MAX];
    gba_writer w = gba_writer_of(octets, sizeof octets);
    int fd = open(sim->state_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? GBA_OK : GBA_E_FILE;
    gba_rc rc = rt_file_read(fd, &w);
    close(fd);
    if (rc == GBA_OK)
        rc = uicc_soft_load(&sim->soft, gba_writer_view(&w));
    gba_wipe_bytes(octets, sizeof octets);
    return rc;
}

/* ---- life ---- */

static gba_rc set_state_path(struct uicc_sim *sim, const char *profile, const gba_text *wanted)
{
    const char *base = wanted->n > 0 ? wanted->s : profile, *suffix = wanted->n > 0 ? "" : ".state";
    int n = snprintf(sim->state_path, sizeof sim->state_path, "%s%s", base, suffix);
    return n > 0 && (size_t)n < sizeof sim->state_path ? GBA_OK : GBA_E_TOO_LONG;
}

static gba_rc lock(struct uicc_sim *sim, const char *profile)
{
    sim->lock_fd = open(profile, O_RDONLY | O_CLOEXEC);
    GBA_ENSURE(sim->lock_fd >= 0, GBA_E_FILE);
    return flock(sim->lock_fd, LOCK_EX | LOCK_NB) == 0 ? GBA_OK : GBA_E_CARD_IN_USE;
}

static gba_rc start(struct uicc_sim *sim, const struct uicc_sim_conf *how, const struct uicc_conf *conf,
                    struct rt_conf_errors *errors)
{
    GBA_TRY(set_state_path(sim, how->profile, &conf->state_file));
    GBA_TRY(lock(sim, how->profile));
    GBA_TRY(uicc_soft_init(&sim->soft, conf, how->t0));
    gba_rc rc = load(sim);
    if (rc != GBA_OK)
        rt_conf_complain(errors, sim->state_path, "state", gba_rc_text(rc));
    return rc;
}

gba_rc uicc_sim_new(const struct uicc_sim_conf *how, struct rt_conf_errors *errors, struct uicc_sim **out)
{
    struct uicc_conf conf;
    *out = NULL;
    GBA_TRY(read_profile(how->profile, &conf, errors));
    struct uicc_sim *sim = calloc(1, sizeof *sim);
    gba_rc rc = GBA_E_MEMORY;
    if (sim) {
        sim->lock_fd = -1;
        rc = start(sim, how, &conf, errors);
    }
    rt_conf_free(uicc_conf_rows, &conf);
    if (rc != GBA_OK)
        uicc_sim_free(sim);
    else
        *out = sim;
    return rc;
}

void uicc_sim_free(struct uicc_sim *sim)
{
    if (!sim)
        return;
    if (sim->lock_fd >= 0)
        close(sim->lock_fd);
    gba_wipe(sim);
    free(sim);
}

/* ---- use ---- */

void uicc_sim_reset(struct uicc_sim *sim)
{
    uicc_soft_reset(&sim->soft);
}

gba_rc uicc_sim_transmit(struct uicc_sim *sim, gba_view command, gba_writer *rsp)
{
    size_t before = rsp->n;
    uicc_soft_transmit(&sim->soft, command, rsp);
    if (!sim->soft.changed)
        return GBA_OK;
    gba_rc rc = save(sim);
    if (rc != GBA_OK) {
        gba_wipe_bytes(rsp->p + before, rsp->n - before);
        rsp->n = before;
        gba_put_u16(rsp, 0x6581);
        uicc_soft_reset(&sim->soft); /* nothing of the answer may come by GET RESPONSE */
    }
    return rc;
}

gba_rc uicc_sim_desync(struct uicc_sim *sim, uint32_t by)
{
    uicc_soft_desync(&sim->soft, by);
    return save(sim);
}

/* ---- as a port ---- */

static gba_rc transmit(void *self, gba_view command, gba_writer *rsp)
{
    return uicc_sim_transmit(self, command, rsp);
}

static gba_rc int_key(void *self, gba_view naf_id, gba_ks_naf *ks_int_naf)
{
    struct uicc_sim *sim = self;
    return uicc_soft_int_key(&sim->soft, naf_id, ks_int_naf);
}

static void let_go(void *self)
{
    uicc_sim_free(self);
}

gba_rc uicc_sim_open(const char *profile, struct uicc_card *card, struct rt_conf_errors *errors)
{
    struct uicc_sim *sim;
    GBA_TRY(uicc_sim_new(&(struct uicc_sim_conf){profile, false}, errors, &sim));
    *card = (struct uicc_card){.self = sim, .transmit = transmit, .int_key = int_key, .close = let_go};
    return GBA_OK;
}
