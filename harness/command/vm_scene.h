/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configured VMs on a machine: what `lathe vm show-config` and `validate-config` look at. */
#ifndef LATHE_COMMAND_VM_SCENE_H
#define LATHE_COMMAND_VM_SCENE_H

#include "command.h"
#include "fleet_host.h"
#include "vm_config.h"
#include "vm_layout.h"
#include "vm_rules.h"

typedef struct {
	VmConfigs *configs;
	GPtrArray *selected; /* of borrowed VmConfig *, in file order: those that are asked for */
	Root *root;	     /* of --root; else NULL */
	char *captured;	     /* --root */
	Hypervisor *hypervisor; /* NULL: libvirt was not asked */
	char *unasked;		/* why not */
	FleetHost *host;
	const Topology *topology; /* the host's */
	GPtrArray *layouts;	  /* of all VMs */
	GPtrArray *breaches;	  /* of the rules, by all VMs */
	gboolean demonstration;
} VmScene;

/*
 * By -f, --root, --connect, --plan and the names of VMs. libvirt is asked for what it knows of the
 * VMs, where it answers: of a captured machine, and where no daemon answers, only when --connect is
 * given, and then it is an error that it does not.
 */
VmScene *vm_scene_new(const CommandContext *context, const Arguments *arguments, GError **error);
void vm_scene_free(VmScene *scene);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmScene, vm_scene_free)

/* vm_layouts_new() while VMs run: held[i] is offline now for the i-th VM, whose layout owns it as if
 * the kernel told which core it is of. */
GPtrArray *vm_scene_layouts(const VmConfigs *configs, const Topology *topology,
			    gboolean demonstration, const Cpuset *held);

/* Which machine: "this machine", the path of the capture, or the URI of a libvirt elsewhere.
 * Escaped. */
char *vm_scene_machine(const VmScene *scene);
/* A sentence: whether libvirt was asked. Escaped. */
char *vm_scene_source(const VmScene *scene);

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
