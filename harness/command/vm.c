/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <string.h>

#include "captured.h"
#include "error.h"
#include "vm_command.h"

static const Option options[] = {
	{"file", 'f', "FILE", FALSE, "the config (default: " VM_CONFIG_PATH ")"},
	{"connect", 0, "URI", FALSE,
	 "the libvirt that has the VMs (default: qemu:///system); 'embedded': the one inside "
	 "lathe, which needs no daemon"},
	{NULL},
};

const char *vm_config_path(const Arguments *arguments)
{
	const char *path = arguments_value(arguments, "file");

	return path ? path : VM_CONFIG_PATH;
}

const char *vm_uri(const Arguments *arguments)
{
	const char *uri = arguments_value(arguments, "connect");

	return uri ? uri : "qemu:///system";
}

gboolean vm_demonstration_wanted(const Arguments *arguments, gboolean *ret, GError **error)
{
	const char *plan = arguments_value(arguments, "plan");

	if (plan && strcmp(plan, "qualification") != 0 && strcmp(plan, "demonstration") != 0)
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "--plan '%s' is not qualification or demonstration", plan);
	*ret = plan && strcmp(plan, "demonstration") == 0;
	return TRUE;
}

gboolean vm_connect(VmConnection *ret, const CommandContext *context, const Arguments *arguments,
		    VmAccess access, GError **error)
{
	const char *directory = arguments_value(arguments, "root");
	g_auto(VmConnection) connection = {0};

	if (directory) {
		connection.root = captured_open(directory, error);
		if (!connection.root) {
			g_prefix_error(error, "--root: ");
			return FALSE;
		}
	}
	hypervisor_init();
	if (access != VM_UNASKED) {
		connection.hypervisor = fleet_connect(context->state, vm_uri(arguments), FALSE,
						      access == VM_READ, error);
		if (!connection.hypervisor)
			return FALSE;
	}
	connection.host = fleet_host_new(connection.hypervisor, connection.root, error);
	if (!connection.host)
		return FALSE;
	connection.host->lib = context->state->lib;
	*ret = connection;
	connection = (VmConnection){0};
	return TRUE;
}

void vm_connection_clear(VmConnection *connection)
{
	fleet_host_free(connection->host);
	hypervisor_free(connection->hypervisor);
	root_free(connection->root);
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
