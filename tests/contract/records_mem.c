/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/contract/records.h"
#include "tests/lib/memdb.h"

static struct memdb mem;

static const struct m2m_db *open_mem(void)
{
    memdb_init(&mem);
    return &mem.db;
}

static void close_mem(void)
{
}

int main(void)
{
    return records_contract_run(&(struct records_world){"memory", open_mem, close_mem, NULL});
}
