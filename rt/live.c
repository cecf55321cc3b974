/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/live.h"

#include <stddef.h>
#include <stdlib.h>

#include "rt/conf.h"

struct version {
    const void *conf; /* in room, but of the first */
    size_t holders;
    struct version *next;
    max_align_t room[];
};

struct rt_live {
    const struct gba_opt *rows;
    size_t size;
    struct version *newest; /* then older ones, the first at last */
    struct version first;
};

gba_rc rt_live_new(const struct gba_opt *rows, const void *first, size_t size, struct rt_live **out)
{
    struct rt_live *live = calloc(1, sizeof *live);
    GBA_ENSURE(live, GBA_E_MEMORY);
    live->rows = rows;
    live->size = size;
    live->first.conf = first;
    live->newest = &live->first;
    *out = live;
    return GBA_OK;
}

const void *rt_live_now(const struct rt_live *live)
{
    return live->newest->conf;
}

const void *rt_live_hold(struct rt_live *live)
{
    live->newest->holders++;
    return live->newest->conf;
}

static void free_version(const struct rt_live *live, struct version *version)
{
    if (version == &live->first)
        return;
    rt_conf_free(live->rows, version->room);
    free(version);
}

/* Free what was replaced and is held by nobody. */
static void tidy(struct rt_live *live)
{
    struct version **at = &live->newest->next;
    while (live->newest != &live->first && *at != &live->first) {
        struct version *version = *at;
        if (version->holders > 0) {
            at = &version->next;
            continue;
        }
        *at = version->next;
        free_version(live, version);
    }
}

void rt_live_drop(struct rt_live *live, const void *conf)
{
    struct version *version = live->newest;
    while (version && version->conf != conf)
        version = version->next;
    if (!version || version->holders == 0)
        return;
    version->holders--;
    if (version != live->newest && version->holders == 0)
        tidy(live);
}

void *rt_live_draft(const struct rt_live *live)
{
    struct version *version = calloc(1, sizeof *version + live->size);
    return version ? version->room : NULL;
}

static struct version *version_of(void *draft)
{
    return (struct version *)(void *)((uint8_t *)draft - offsetof(struct version, room));
}

void rt_live_replace(struct rt_live *live, void *draft)
{
    struct version *version = version_of(draft);
    version->conf = version->room;
    version->next = live->newest;
    live->newest = version;
    tidy(live);
}

void rt_live_discard(void *draft)
{
    free(version_of(draft));
}

size_t rt_live_count(const struct rt_live *live)
{
    size_t n = 0;
    for (const struct version *version = live->newest; version; version = version->next)
        n++;
    return n;
}

void rt_live_free(struct rt_live *live)
{
    if (!live)
        return;
    for (struct version *version = live->newest, *next; version; version = next) {
        next = version->next;
        free_version(live, version);
    }
    free(live);
}
