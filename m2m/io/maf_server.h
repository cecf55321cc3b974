/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The M2M Authentication Function of keystrap-naf (TS-0003 8.8): associations over
 * TLS and DTLS with keys that it has, fetches from MEFs or asks of BSFs, or with
 * certificates of configured clients; behind them the resources of m2m/reg.h.
 */
#pragma once

#include "m2m/target.h"
#include "naf/conf.h"
#include "rt/daemon.h"
#include "rt/fdiam.h"

struct m2m_maf;

/* Everything that conf->maf says.  dia asks BSFs; NULL: none is asked.  conf lives as
 * long.  What failed is logged; *out is set even then, for m2m_maf_close and m2m_maf_free. */
GBA_MUST_USE gba_rc m2m_maf_open(struct rt_daemon *daemon, const struct naf_conf *conf, struct rt_dia *dia,
                                 struct m2m_maf **out);

/* For operators' interfaces: the keys of clients. */
const struct m2m_target *m2m_maf_target(const struct m2m_maf *maf);

/* One line a reason: maf.associations, maf.requests, maf.http. */
void m2m_maf_log_counters(const struct m2m_maf *maf);

/* Stop listening and close all connections.  NULL is ignored. */
void m2m_maf_close(struct m2m_maf *maf);

/* Once the Diameter node is closed: stop asking, close the store. */
void m2m_maf_stop(struct m2m_maf *maf);

/* Once the loop is gone. */
void m2m_maf_free(struct m2m_maf *maf);
