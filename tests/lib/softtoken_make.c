/* SPDX-License-Identifier: Apache-2.0 */
/* softtoken_make FOLDER TOKEN PIN LABEL: a SoftHSM2 token with a key for sealing; prints the
 * module.  Its configuration is FOLDER/softhsm2.conf.  Exit code 77: there is no SoftHSM2. */
#include <stdio.h>

#include "tests/lib/softtoken.h"

int main(int argc, char **argv)
{
    const char *module = softtoken_module();
    if (argc != 5)
        return 2;
    if (!module)
        return 77;
    puts(module);
    struct softtoken what = {.module = module, .token = argv[2], .pin = argv[3], .label = argv[4], .keys = 1};
    return softtoken_folder(argv[1]) && softtoken_make(&what) ? 0 : 1;
}
