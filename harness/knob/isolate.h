/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the planned CPUs are isolated: at boot, by a partition of cgroup v2, or by cpusets of v1
 * that leave them out of the scheduler's balancing. */
#ifndef LATHE_ISOLATE_H
#define LATHE_ISOLATE_H

#include "view.h"

/* Where distributions mount them (hybrid or v1, and v2). */
#define ISOLATE_V1	       "sys/fs/cgroup/cpuset"
#define ISOLATE_V1_BALANCE     ISOLATE_V1 "/cpuset.sched_load_balance"
#define ISOLATE_V2	       "sys/fs/cgroup"
#define ISOLATE_V2_CONTROLLERS ISOLATE_V2 "/cgroup.controllers"
#define ISOLATE_V2_CONTROL     ISOLATE_V2 "/cgroup.subtree_control"

gboolean isolate_has_v1(KnobView *view);
gboolean isolate_has_v2(KnobView *view);

/* *ret_why says how it is in a sentence, owned by the caller. ODD: it cannot be known. IRRELEVANT:
 * no CPU is planned, or nothing but the boot could isolate one here. */
KnobMatch isolate_state(KnobView *view, char **ret_why);

#endif
