/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

const Command *const commands[] = {
	&command_run,
	&command_image,
	&command_judge,
	&command_report,
	&command_validate_host,
	&command_tune,
	&command_capture,
	&command_topology,
	&command_plan,
	&command_vm,
	&command_completion,
	NULL,
};

const Command *const vm_commands[] = {
	&command_vm_import,
	&command_vm_edit_config,
	&command_vm_show_config,
	&command_vm_validate_config,
	&command_vm_sync_config,
	&command_vm_boot,
	&command_vm_shutdown,
	&command_vm_stat,
	NULL,
};

const Option global_options[] = {
	{"state", 0, "DIR", FALSE,
	 "keep images, lock, sockets and tuning journal below DIR instead of /var/cache/lathe, "
	 "/run/lathe and /var/lib/lathe "
	 "(also $LATHE_STATE)"},
	{"help", 'h', NULL, FALSE, "this text; after COMMAND, that command's"},
	{"version", 'V', NULL, FALSE, "print the version"},
	{NULL},
};

const Option help_option[] = {{"help", 'h', NULL, FALSE, "this text"}, {NULL}};
