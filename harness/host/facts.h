/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine, host or guest, says about itself. Read from a root, so that a bundle's
 * captured tree gives the same answers as the machine did.
 */
#ifndef LATHE_FACTS_H
#define LATHE_FACTS_H

#include <glib.h>

#include "cpulist.h"
#include "root.h"

/* Unknown is not false: every claim that a verdict rests on has three values. */
typedef enum { KNOWN_NO, KNOWN_YES, UNKNOWN } Known;

const char *known_name(Known known); /* "no", "yes", "unknown" */

/* NULL or UNKNOWN where the tree does not say. */
typedef struct {
	char *kernel_release; /* proc/sys/kernel/osrelease */
	char *kernel_version; /* proc/sys/kernel/version: "#1 SMP PREEMPT_RT ..." */
	char *hostname;
	char *cpu_model;
	char *cmdline;
	char *clocksource;
	char *cpu_vendor;
	Known realtime; /* sys/kernel/realtime is 1, or the version says PREEMPT_RT */
	gboolean online_known, isolated_known;
	Cpuset online;	 /* sys/devices/system/cpu/online */
	Cpuset isolated; /* sys/devices/system/cpu/isolated */
} Facts;

/* Never fails: what cannot be read stays NULL or UNKNOWN. */
Facts *facts_read(const Root *root);
void facts_free(Facts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Facts, facts_free)

/* The files that facts_read() and the evidence of a run need: what a capture must hold. A
 * NULL-terminated list of paths relative to the root; a component may hold '*'. */
extern const char *const facts_files[];

/* The host's UUID or machine id is not part of the facts: libvirt is asked (design.md §3). */

/*
 * The sum of every CPU's thermal throttle counters
 * (sys/devices/system/cpu/cpu<N>/thermal_throttle/{core,package}_throttle_count). FALSE when
 * the machine has none, as virtual machines do.
 */
gboolean facts_throttle_count(const Root *root, guint64 *ret);

#endif
