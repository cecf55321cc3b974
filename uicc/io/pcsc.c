/* SPDX-License-Identifier: Apache-2.0 */
#include "uicc/io/pcsc.h"

#include <stdlib.h>
#include <string.h>
#include <winscard.h>

#include "gba/base/secret.h"

enum { BEGIN_TRIES = 3 }; /* somebody who resets the card again and again is not waited for */

struct pcsc {
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol;
    bool has_context, has_card;
};

static gba_rc rc_of(LONG result)
{
    switch (result) {
    case SCARD_S_SUCCESS:
        return GBA_OK;
    case SCARD_W_RESET_CARD:
        return GBA_E_CARD_RESET;
    case SCARD_W_REMOVED_CARD:
    case SCARD_W_UNPOWERED_CARD:
    case SCARD_W_UNRESPONSIVE_CARD:
    case SCARD_E_NO_SMARTCARD:
    case SCARD_E_READER_UNAVAILABLE:
    case SCARD_E_NOT_TRANSACTED:
        return GBA_E_CARD_GONE;
    case SCARD_E_UNKNOWN_READER:
    case SCARD_E_NO_READERS_AVAILABLE:
        return GBA_E_READER;
    case SCARD_E_NO_MEMORY:
        return GBA_E_MEMORY;
    case SCARD_E_INSUFFICIENT_BUFFER:
        return GBA_E_CARD_RESPONSE;
    case SCARD_E_SHARING_VIOLATION:
        return GBA_E_CARD_IN_USE;
    default:
        return GBA_E_PCSC;
    }
}

/* ---- the port ---- */

/* Another user's reset is answered by taking the card up again; no state of it is kept here. */
static gba_rc begin(void *self)
{
    struct pcsc *p = self;
    for (int i = 0; i < BEGIN_TRIES; i++) {
        LONG result = SCardBeginTransaction(p->card);
        if (result != SCARD_W_RESET_CARD)
            return rc_of(result);
        GBA_TRY(
            rc_of(SCardReconnect(p->card, SCARD_SHARE_SHARED, p->protocol, SCARD_LEAVE_CARD, &p->protocol)));
    }
    return GBA_E_CARD_RESET;
}

static void end(void *self)
{
    struct pcsc *p = self;
    SCardEndTransaction(p->card, SCARD_LEAVE_CARD);
}

static gba_rc transmit(void *self, gba_view command, gba_writer *rsp)
{
    struct pcsc *p = self;
    uint8_t received[MAX_BUFFER_SIZE];
    DWORD n = sizeof received;
    const SCARD_IO_REQUEST *pci = p->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
    gba_rc rc = rc_of(SCardTransmit(p->card, pci, command.p, command.n, NULL, received, &n));
    if (rc == GBA_OK)
        gba_put_view(rsp, gba_view_of(received, n));
    gba_wipe_bytes(received, sizeof received);
    return rc;
}

static void let_go(void *self)
{
    struct pcsc *p = self;
    if (p->has_card)
        SCardDisconnect(p->card, SCARD_LEAVE_CARD);
    if (p->has_context)
        SCardReleaseContext(p->context);
    free(p);
}

/* ---- finding the reader ---- */

static bool named(const char *name, gba_view part)
{
    gba_view v = gba_view_cstr(name);
    for (size_t at = 0; at + part.n <= v.n; at++) {
        if (gba_view_eq_nocase(gba_view_sub(v, at, part.n), part))
            return true;
    }
    return false;
}

static gba_rc connect_to(struct pcsc *p, const char *name)
{
    LONG result = SCardConnect(p->context, name, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
                               &p->card, &p->protocol);
    p->has_card = result == SCARD_S_SUCCESS;
    return rc_of(result);
}

/* `names` is a sequence of strings that an empty one ends.  The first that fits and has a card. */
static gba_rc connect_first(struct pcsc *p, const char *names, gba_view reader)
{
    gba_rc rc = GBA_E_READER;
    for (const char *name = names; *name; name += strlen(name) + 1) {
        if (!named(name, reader))
            continue;
        rc = connect_to(p, name);
        if (rc != GBA_E_CARD_GONE)
            break;
    }
    return rc;
}

static gba_rc open_reader(struct pcsc *p, gba_view reader)
{
    DWORD n = 0;
    GBA_TRY(rc_of(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &p->context)));
    p->has_context = true;
    GBA_TRY(rc_of(SCardListReaders(p->context, NULL, NULL, &n)));
    char *names = calloc(1, n + 1);
    GBA_ENSURE(names != NULL, GBA_E_MEMORY);
    gba_rc rc = rc_of(SCardListReaders(p->context, NULL, names, &n));
    if (rc == GBA_OK)
        rc = connect_first(p, names, reader);
    free(names);
    return rc;
}

gba_rc uicc_pcsc_open(gba_view reader, struct uicc_card *card)
{
    struct pcsc *p = calloc(1, sizeof *p);
    GBA_ENSURE(p != NULL, GBA_E_MEMORY);
    gba_rc rc = open_reader(p, reader);
    if (rc != GBA_OK) {
        let_go(p);
        return rc;
    }
    *card = (struct uicc_card){
        .self = p,
        .transmit = transmit,
        .begin = begin,
        .end = end,
        .close = let_go,
        .t0 = p->protocol == SCARD_PROTOCOL_T0,
    };
    return GBA_OK;
}
