/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run, from the lock to the bundle: plan, image, VM, stages, verdict. Whatever happens,
 * every process, domain and cgroup that it started is gone when it returns, and what it tuned
 * is put back.
 */
#ifndef LATHE_QUALIFY_H
#define LATHE_QUALIFY_H

#include <glib.h>

#include "cpulist.h"
#include "profile.h"
#include "run.h"
#include "state.h"

typedef enum { ACCEL_CHOICE_AUTO, ACCEL_CHOICE_KVM, ACCEL_CHOICE_TCG } AccelChoice;

typedef struct {
	const State *state;
	Profile *profile;
	const char *agent;		/* path of lathe-agent */
	const char *connect;		/* libvirt URI, or NULL: embedded */
	const char *const *vms;		/* configured ones, by name or UUID; NULL: the built guest */
	const char *config;		/* where they are configured */
	AccelChoice accel;
	const Cpuset *cpus;		/* for vCPUs, or NULL: chosen */
	gboolean no_tune;		/* the host is measured as it is */
	const char *output;		/* directory that gets the bundle */
	const char *kernel, *modules;	/* of the guest, or NULL: the distribution's */
	guint boot_timeout_s;		/* until the agent speaks; 0: the default */
	const char *lathe_version;
} QualifyOptions;

/* Under TCG a loaded 2-CPU machine needed up to 30 s; an hour-long run can afford the rest. */
#define QUALIFY_BOOT_TIMEOUT_S 120

/*
 * On success *ret_run is the judged run and *ret_bundle its directory: also when it was
 * interrupted after the bundle had been opened (INCONCLUSIVE). FALSE with an error when
 * nothing was measured that a bundle could hold.
 */
gboolean qualify(const QualifyOptions *options, Run **ret_run, char **ret_bundle,
		 GError **error);

#endif
