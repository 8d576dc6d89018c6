/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configured VMs on a machine: what `lathe vm show-config` and `validate-config` look at. */
#ifndef LATHE_COMMAND_VM_SCENE_H
#define LATHE_COMMAND_VM_SCENE_H

#include "command.h"
#include "topology.h"
#include "vm_config.h"
#include "vm_layout.h"
#include "vm_rules.h"

typedef struct {
	VmConfigs *configs;
	GPtrArray *selected; /* of borrowed VmConfig *, in file order: those that are asked for */
	Root *root;
	char *captured; /* --root; NULL: this machine */
	Topology *topology;
	GPtrArray *layouts; /* of all VMs */
	gboolean demonstration;
	VmDomainFacts *domains; /* NULL: libvirt was not asked */
} VmScene;

/* By -f, --root, --plan and the names of VMs. */
VmScene *vm_scene_new(const Arguments *arguments, GError **error);
void vm_scene_free(VmScene *scene);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmScene, vm_scene_free)

/* Every breach of the rules (vm_rules_check). */
GPtrArray *vm_scene_breaches(const VmScene *scene);

/* Options that go with it. */
#define VM_SCENE_ROOT                                                                    \
	{                                                                                \
		"root", 'r', "DIR|FILE", FALSE,                                          \
			"on the captured machine there (default: this one)"              \
	}
#define VM_SCENE_PLAN                                                                    \
	{                                                                                \
		"plan", 0, "qualification|demonstration", FALSE,                         \
			"demonstration: as a machine that has too few CPUs runs them, "  \
			"without SCHED_FIFO on CPUs that are shared"                     \
	}

#endif
