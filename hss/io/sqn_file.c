/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "hss/io/sqn_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gba/base/slots.h"
#include "gba/crypto/hash.h"
#include "hss/sqn.h"
#include "rt/file.h"

enum { SLOT = 512, PATH_SIZE = 512, FILE_MAX = 256 * 1024 * 1024, CHECK = 8 };

static const char header[] = "keystrap-hss sequence numbers 1";

struct hss_sqn_file {
    int fd, lock;
    size_t n;
    gba_text *impis;
};

/* A slot of the file that was there before. */
struct old_slot {
    gba_view impi;
    uint64_t limit;
    bool taken; /* a subscriber of today has it */
};

struct old_file {
    uint8_t *octets;
    struct old_slot *slots;
    size_t n;
    void *index_memory;
    struct gba_slots index;
};

static gba_rc refuse(gba_text *why, gba_rc rc, const char *format, ...) __attribute__((format(printf, 3, 4)));

static gba_rc refuse(gba_text *why, gba_rc rc, const char *format, ...)
{
    char text[GBA_TEXT_MAX + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return gba_text_set(why, gba_view_cstr(text)) == GBA_OK ? rc : GBA_E_BUG;
}

/* ---- slots ---- */

static gba_rc slot_format(gba_view impi, uint64_t limit, uint8_t out[SLOT])
{
    uint8_t number[6], sum[GBA_HASH_MAX];
    gba_writer n = gba_writer_of(number, sizeof number);
    gba_writer w = gba_writer_of(out, SLOT);
    gba_put_u48(&n, limit);
    gba_put_view(&w, impi);
    gba_put_u8(&w, ' ');
    gba_put_hex(&w, gba_writer_view(&n));
    gba_put_u8(&w, ' ');
    gba_view covered = gba_writer_view(&w);
    GBA_TRY(gba_hash_parts(GBA_HASH_SHA256, &covered, 1, sum));
    gba_put_hex(&w, gba_view_of(sum, CHECK));
    gba_put_fill(&w, ' ', SLOT - 1 - w.n);
    gba_put_u8(&w, '\n');
    return gba_writer_end(&w);
}

/* A slot is good when writing what it says gives the same octets. */
static gba_rc slot_parse(const uint8_t slot[SLOT], struct old_slot *out)
{
    uint8_t number[6], again[SLOT];
    gba_view rest;
    *out = (struct old_slot){.taken = false};
    GBA_ENSURE(gba_view_split(gba_view_of(slot, SLOT), ' ', &out->impi, &rest), GBA_E_HSS_SQN_FILE);
    GBA_ENSURE(out->impi.n > 0 && out->impi.n <= GBA_TEXT_MAX, GBA_E_HSS_SQN_FILE);
    GBA_TRY(gba_hex_parse(gba_view_sub(rest, 0, 12), number, sizeof number));
    gba_reader r = gba_reader_of(GBA_ARRAY(number));
    out->limit = gba_get_u48(&r);
    GBA_TRY(slot_format(out->impi, out->limit, again));
    return gba_view_eq(gba_view_of(slot, SLOT), GBA_ARRAY(again)) ? GBA_OK : GBA_E_HSS_SQN_FILE;
}

static void header_format(uint8_t out[SLOT])
{
    gba_writer w = gba_writer_of(out, SLOT);
    gba_put_str(&w, header);
    gba_put_fill(&w, ' ', SLOT - 1 - w.n);
    gba_put_u8(&w, '\n');
}

/* ---- the old file ---- */

static bool same_impi(const void *items, uint32_t slot, gba_view key)
{
    const struct old_slot *slots = items;
    return gba_view_eq(slots[slot].impi, key);
}

static struct old_slot *old_find(const struct old_file *old, gba_view impi)
{
    uint32_t i = old->n > 0 ? gba_slots_find(&old->index, impi, same_impi, old->slots) : GBA_SLOT_NONE;
    return i == GBA_SLOT_NONE ? NULL : &old->slots[i];
}

static gba_rc parse_slots(const char *path, struct old_file *old, gba_text *why)
{
    for (size_t i = 0; i < old->n; i++) {
        struct old_slot slot;
        if (slot_parse(old->octets + SLOT * (i + 1), &slot) != GBA_OK)
            return refuse(why, GBA_E_HSS_SQN_FILE, "%s: line %zu is damaged", path, i + 2);
        uint32_t at = gba_slots_find(&old->index, slot.impi, same_impi, old->slots);
        if (at != GBA_SLOT_NONE)
            return refuse(why, GBA_E_HSS_SQN_FILE, "%s: line %zu has the identity of an earlier one", path,
                          i + 2);
        old->slots[gba_slots_take(&old->index, slot.impi)] = slot;
    }
    return GBA_OK;
}

static gba_rc parse_file(const char *path, struct old_file *old, size_t size, gba_text *why)
{
    uint8_t first[SLOT];
    header_format(first);
    if (size < SLOT || !gba_view_eq(gba_view_of(old->octets, SLOT), GBA_ARRAY(first)))
        return refuse(why, GBA_E_HSS_SQN_FILE, "%s: not a file of sequence numbers", path);
    if (size % SLOT != 0)
        return refuse(why, GBA_E_HSS_SQN_FILE, "%s: the last line is not whole", path);
    old->n = size / SLOT - 1;
    if (old->n == 0)
        return GBA_OK;
    old->slots = calloc(old->n, sizeof *old->slots);
    old->index_memory = malloc(gba_slots_memory((uint32_t)old->n));
    if (!old->slots || !old->index_memory)
        return refuse(why, GBA_E_MEMORY, "%s: no memory", path);
    gba_slots_init(&old->index, old->index_memory, (uint32_t)old->n, 0);
    return parse_slots(path, old, why);
}

static void old_free(struct old_file *old)
{
    free(old->octets);
    free(old->slots);
    free(old->index_memory);
}

/* No file is an empty one: the first start. */
static gba_rc old_read(const char *path, struct old_file *old, gba_text *why)
{
    gba_rc rc = GBA_E_FILE;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? GBA_OK
                               : refuse(why, GBA_E_FILE, "%s: cannot be read: %s", path, strerror(errno));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
        rc = refuse(why, GBA_E_FILE, "%s: not a file of at most 256 MiB", path);
        goto out;
    }
    old->octets = malloc((size_t)st.st_size + 1);
    if (!old->octets || read(fd, old->octets, (size_t)st.st_size) != st.st_size) {
        rc = refuse(why, GBA_E_FILE, "%s: cannot be read whole", path);
        goto out;
    }
    rc = parse_file(path, old, (size_t)st.st_size, why);
out:
    close(fd);
    return rc;
}

/* ---- the new file ---- */

static bool write_slot(int fd, size_t i, const uint8_t slot[SLOT])
{
    return pwrite(fd, slot, SLOT, (off_t)(SLOT * i)) == SLOT;
}

static bool write_limit(int fd, size_t i, gba_view impi, uint64_t limit)
{
    uint8_t slot[SLOT];
    return slot_format(impi, limit, slot) == GBA_OK && write_slot(fd, i, slot);
}

/* Today's subscribers first, in their order; then the slots of others. */
static bool write_all(int fd, const struct old_file *old, const struct hss_sqn_start *starts, size_t n)
{
    uint8_t slot[SLOT];
    header_format(slot);
    bool good = write_slot(fd, 0, slot);
    size_t at = 1;
    for (size_t i = 0; i < n && good; i++)
        good = write_limit(fd, at++, gba_text_view(starts[i].impi), starts[i].limit);
    for (size_t i = 0; i < old->n && good; i++) {
        if (!old->slots[i].taken)
            good = write_limit(fd, at++, old->slots[i].impi, old->slots[i].limit);
    }
    return good && fsync(fd) == 0;
}

static gba_rc replace(const char *path, const struct old_file *old, const struct hss_sqn_start *starts,
                      size_t n, int *fd)
{
    char fresh[PATH_SIZE];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    *fd = open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (*fd < 0)
        return GBA_E_FILE;
    if (write_all(*fd, old, starts, n) && rename(fresh, path) == 0)
        return rt_file_sync_folder(path);
    return GBA_E_FILE;
}

/* ---- opening ---- */

static gba_rc lock_out_others(const char *path, int *lock, gba_text *why)
{
    char name[PATH_SIZE];
    snprintf(name, sizeof name, "%s.lock", path);
    *lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*lock < 0)
        return refuse(why, GBA_E_FILE, "%s: cannot be made: %s", name, strerror(errno));
    if (flock(*lock, LOCK_EX | LOCK_NB) != 0)
        return refuse(why, GBA_E_HSS_SQN_LOCKED, "%s: another process has it locked", name);
    return GBA_OK;
}

static void merge(struct old_file *old, uint32_t block, struct hss_sqn_start *starts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct old_slot *slot = old_find(old, gba_text_view(starts[i].impi));
        if (slot) {
            slot->taken = true;
            starts[i].last = slot->limit;
        }
        starts[i].limit = hss_sqn_block_end(starts[i].last, block);
    }
}

static gba_rc keep_names(struct hss_sqn_file *file, const struct hss_sqn_start *starts, size_t n)
{
    file->n = n;
    file->impis = calloc(n > 0 ? n : 1, sizeof *file->impis);
    GBA_ENSURE(file->impis != NULL, GBA_E_MEMORY);
    for (size_t i = 0; i < n; i++)
        file->impis[i] = *starts[i].impi;
    return GBA_OK;
}

gba_rc hss_sqn_file_open(const char *path, uint32_t block, struct hss_sqn_starts starts,
                         struct hss_sqn_file **out, gba_text *why)
{
    struct old_file old = {.n = 0};
    struct hss_sqn_file *file = calloc(1, sizeof *file);
    if (!file)
        return refuse(why, GBA_E_MEMORY, "no memory");
    file->fd = file->lock = -1;
    gba_rc rc = lock_out_others(path, &file->lock, why);
    if (rc != GBA_OK)
        goto out;
    rc = old_read(path, &old, why);
    if (rc != GBA_OK)
        goto out;
    merge(&old, block, starts.at, starts.n);
    rc = keep_names(file, starts.at, starts.n);
    if (rc == GBA_OK)
        rc = replace(path, &old, starts.at, starts.n, &file->fd);
    if (rc != GBA_OK)
        rc = refuse(why, rc, "%s: cannot be written: %s", path, strerror(errno));
out:
    old_free(&old);
    if (rc == GBA_OK)
        *out = file;
    else
        hss_sqn_file_close(file);
    return rc;
}

size_t hss_sqn_file_count(const struct hss_sqn_file *file)
{
    return file->n;
}

gba_rc hss_sqn_file_put(struct hss_sqn_file *file, const struct hss_sqn_put *puts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        GBA_ENSURE(puts[i].i < file->n, GBA_E_BUG);
        gba_view impi = gba_text_view(&file->impis[puts[i].i]);
        GBA_ENSURE(write_limit(file->fd, puts[i].i + 1, impi, puts[i].limit), GBA_E_FILE);
    }
    return fdatasync(file->fd) == 0 ? GBA_OK : GBA_E_FILE;
}

void hss_sqn_file_close(struct hss_sqn_file *file)
{
    if (!file)
        return;
    if (file->fd >= 0)
        close(file->fd);
    if (file->lock >= 0)
        close(file->lock);
    free(file->impis);
    free(file);
}
