/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What VMs do now: those of the config, and those that run beside them. Threads are held against
 * the plan that lathe would start the VM with: where a CPU is shared, that of a demonstration.
 */
#ifndef LATHE_STAT_H
#define LATHE_STAT_H

#include <glib.h>
#include <sys/types.h>

#include "placement.h"
#include "scene.h"

typedef struct {
	char uuid[37];
	char *name;	   /* as libvirt knows it now; else the config's. Escape it */
	const VmConfig *vm; /* NULL: nobody configured it */
	gboolean defined;  /* libvirt has it: else there is no state */
	DomainState state;
	pid_t pid;	   /* 0: it does not run, or not on this machine */
	guint vcpus;	   /* 0: unknown */
	char *cpus;	   /* a cpulist; NULL: bound to none, or unknown */
	GPtrArray *broken; /* of char *: where its plan is one of a demonstration */
	GArray *threads;   /* of PlacedThread; NULL: not asked for, or it does not run */
	guint astray;	   /* threads that are not in their place, and vCPUs without one */
	char *problem;	   /* its threads are not known, or not where they belong: why. NULL: no */
} VmStat;

/*
 * `names` as of vm_configs_select(), and names and UUIDs of libvirt's; empty: every configured VM
 * in the config's order, then by name what runs and is not configured. A VM that ends meanwhile
 * is one that does not run. The scene's is a demonstration. threads: of the VMs of this machine.
 * An array of VmStat * that owns its elements.
 */
GPtrArray *fleet_stat(const Scene *scene, const char *const *names, gboolean threads,
		      GError **error);

/* "CPU 1/KVM", "emulator", "IOThread 1", "IO mon_iothread", "SPICE", "vhost", "worker (NAME)":
 * newly allocated, escaped. */
char *stat_role(const PlacedThread *thread);

/* Whether everything that is planned is as planned, as far as that was asked for. */
gboolean stat_in_place(const GPtrArray *stats);

#endif
