/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configured VMs of the machine that a command looks at: --vm and --config. */
#ifndef LATHE_COMMAND_MACHINE_VMS_H
#define LATHE_COMMAND_MACHINE_VMS_H

#include "command.h"
#include "vm_rules.h"

#define MACHINE_VMS_CONFIG LATHE_SYSCONFDIR "/vms.cfg"

/* The rows for a command's options; `help` is what --vm does there. */
#define MACHINE_VMS_OPTIONS(help_text)                                                       \
	{"vm", 0, "NAME[,NAME...]", TRUE, help_text},                                        \
	{                                                                                    \
		"config", 0, "FILE", FALSE,                                                  \
			"the VMs are those of this config (default: " MACHINE_VMS_CONFIG ")" \
	}

typedef struct {
	VmConfigs *configs;
	Topology *topology;
	GPtrArray *layouts;
	GPtrArray *selected; /* of VmConfig *: those that --vm names; without it all */
	RuleScene scene;     /* of all, for the rules */
	VmDomainFacts *facts; /* NULL: libvirt was not asked */
	char *unasked;	      /* why not */
} MachineVms;

/* Whether --vm or --config is given. */
gboolean machine_vms_given(const Arguments *arguments);

/* `root` must outlive it. An error: the config, a name that it has not, no topology. */
MachineVms *machine_vms_open(const Arguments *arguments, const Root *root,
			     gboolean demonstration, GError **error);
void machine_vms_free(MachineVms *vms);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MachineVms, machine_vms_free)

/* Asks the libvirt of this machine what it knows of the VMs, for the rules. One that does not
 * answer is none; a captured machine has none. */
void machine_vms_ask(MachineVms *vms, const CommandContext *context);
/* "2 VMs are configured in /etc/lathe/vms.cfg; libvirt was not asked: ..."; escaped. */
char *machine_vms_note(const MachineVms *vms);

/* The CPUs of the selected real-time VMs' vCPUs: what a host is tuned and judged for. Their
 * siblings and the emulator's are not among them, as in a proposal. Empty: none is bound. */
Cpuset machine_vms_vcpu_cpus(const MachineVms *vms);

/* What --cpus says, or --vm and --config; *ret_given FALSE when none does. Both is an error, and
 * so are VMs that reserve no CPU. */
gboolean machine_cpus(const Arguments *arguments, const Root *root, Cpuset *ret,
		      gboolean *ret_given, GError **error);

#endif
