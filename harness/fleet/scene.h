/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What commands that start, watch and end configured VMs see: the machine, the config, and what
 * the config means there while some of the VMs run already.
 */
#ifndef LATHE_SCENE_H
#define LATHE_SCENE_H

#include <glib.h>

#include "fleet_host.h"
#include "vm_config.h"
#include "vm_layout.h"
#include "waiter.h"

typedef struct {
	const FleetHost *host;
	const VmConfigs *configs;
	char *siblings; /* siblings_directory() */
	gboolean demonstration;
	Waiter *waiter;
	GPtrArray *defined; /* layouts as the VMs are defined */
	GPtrArray *live;    /* as they are to run: the same, but in a demonstration */
} Scene;

/*
 * Borrows its parameters; `lib` is the state's. CPUs that are offline beside a running VM are taken
 * out of that VM's cpuset in `configs`: they are on no core now, and would be taken for
 * CPUs of their own. An error: the topology is not known.
 */
Scene *scene_new(const FleetHost *host, VmConfigs *configs, const char *lib,
		 gboolean demonstration, Waiter *waiter, GError **error);
void scene_free(Scene *scene);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scene, scene_free)

/* The plan that the VM's threads are to follow; *ret NULL: it is bound to no CPU, and has none. */
gboolean scene_plan(const Scene *scene, const VmConfig *vm, Plan **ret, GError **error);

#endif
