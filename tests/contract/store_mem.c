/* SPDX-License-Identifier: Apache-2.0 */
#include "bsf/io/store_mem.h"
#include "tests/contract/store.h"

int main(void)
{
    return store_contract_run("memory store", bsf_store_mem_open);
}
