/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LATHE_THROTTLE_H
#define LATHE_THROTTLE_H

#include "view.h"

/* Whether the host lets a FIFO thread that never sleeps have its planned CPU: HOLDS; BROKEN: it
 * takes time from it; ODD: nobody knows. *ret_why (owned by the caller) of the last two. */
KnobMatch throttle_host_spares(KnobView *host, char **ret_why);

#endif
