/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include "vm_command.h"

static const Option options[] = {
	{"file", 'f', "FILE", FALSE, "the config (default: " LATHE_SYSCONFDIR "/vms.cfg)"},
	{"connect", 0, "URI", FALSE,
	 "the libvirt that has the VMs (default: qemu:///system); 'embedded': the one inside "
	 "lathe, which needs no daemon"},
	{NULL},
};

const char *vm_config_path(const Arguments *arguments)
{
	const char *path = arguments_value(arguments, "file");

	return path ? path : LATHE_SYSCONFDIR "/vms.cfg";
}

const char *vm_uri(const Arguments *arguments)
{
	const char *uri = arguments_value(arguments, "connect");

	return uri ? uri : "qemu:///system";
}

const Command command_vm = {
	.name = "vm",
	.summary = "keep real-time VMs: configure, check, boot and watch them",
	.arguments = "",
	.description =
		"The VMs of a config file: what they are, which CPUs they get, what of them is\n"
		"real-time. The format is that of RedHawk's kvmrt.cfg, which is read as it is.\n"
		"\n"
		"Exit status: 0 done; 1 could not do it; 2 a rule is broken; 3 a rule could not be\n"
		"looked at.\n",
	.options = options,
	.commands = vm_commands,
};
