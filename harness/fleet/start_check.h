/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a VM that was started, against what was asked for. */
#ifndef LATHE_START_CHECK_H
#define LATHE_START_CHECK_H

#include <glib.h>

#include "domain_hardware.h"
#include "plan.h"
#include "root.h"
#include "start.h"

typedef struct {
	const Root *root; /* of this machine */
	const DomainHardware *hardware;
	const Plan *plan; /* NULL: it is bound to no CPU */
	Start *start;	  /* its pid is known; gets threads and deviations */
} Started;

/* Moves QEMU's workers out of the way, then compares its arguments and threads. FALSE: it cannot
 * be looked at. */
gboolean start_check(const Started *started, GError **error);

#endif
