/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/store_mem.h"
#include "tests/contract/store.h"

int main(void)
{
    return store_contract_run(&(struct store_contract){"memory store", bsf_store_mem_open, true});
}
