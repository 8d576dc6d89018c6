/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row's remedy is written for any machine. In a finding it is for this one, so that it can
 * be typed as it stands. What a row may write:
 *
 *	PLANNED_CPUS			"5-7"
 *	EACH_PLANNED_CPU		"5 6 7", for a loop of the shell
 *	HOUSEKEEPING_CPUS		"0-4"
 *	MASK_OF_HOUSEKEEPING_CPUS	"1f"
 *	NUMBER_OF_HOUSEKEEPING_CPUS	"5"
 */
#ifndef LATHE_REMEDY_H
#define LATHE_REMEDY_H

#include "view.h"

/* What is not known stays as it was written. Owned by the caller. */
char *remedy_for(const char *remedy, KnobView *view);

#endif
