/* SPDX-License-Identifier: Apache-2.0 */
#include "hss/conf.h"

#include <stddef.h>

#include "config/hss.opt"
