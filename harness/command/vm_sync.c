/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "escape.h"
#include "vm_breaches.h"
#include "vm_command.h"
#include "vm_import.h"

static const Option options[] = {
	{"reverse", 'r', NULL, FALSE,
	 "the other way: what was changed in libvirt is changed in the config"},
	{"remove", 0, NULL, FALSE,
	 "with --reverse: VMs that libvirt does not have go from the config"},
	{"dry-run", 'n', NULL, FALSE, "show what would change, and change nothing"},
	{"plan", 0, "qualification|demonstration", FALSE,
	 "demonstration: broken rules are told and do not stop it; what shares a CPU is not "
	 "SCHED_FIFO, and `lathe vm boot` wants the same option"},
	{"root", 0, "DIR|FILE", FALSE,
	 "libvirt's machine is the captured one there (default: this one, if it is)"},
	{NULL},
};

/* Line by line: what the XML holds may be anything, but its lines are lines. */
static void print_lines(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		g_auto(GStrv) columns = NULL;
		g_autofree char *safe = NULL;

		if (!**line && !line[1])
			continue;
		columns = g_strsplit(*line, "\t", -1);
		g_free(*line);
		*line = g_strjoinv("    ", columns);
		safe = escape_text(*line, -1);
		puts(safe);
	}
}

static void print_vm(const SyncedVm *vm)
{
	static const char *const states[] = {
		[SYNC_SAME] = "libvirt has it like that",
		[SYNC_CHANGED] = "to be changed",
		[SYNC_NEW] = "to be made",
	};
	g_autofree char *name = escape_text(vm->vm->name, -1);
	const char *note = "";

	if (vm->state == SYNC_CHANGED && vm->running)
		note = "; it runs: that counts from its next boot";
	if (vm->state == SYNC_CHANGED && vm->saved)
		note = "; it has a saved state, and its next boot goes on with that as it was "
		       "(virsh managedsave-remove)";
	printf("%s: %s%s\n", name, states[vm->state], note);
	if (vm->state == SYNC_NEW)
		print_lines(vm->after);
	else
		print_lines(vm->diff);
}

/* Who comes back from an error in the middle needs to know how far it came. */
static void print_how_far(const Sync *sync)
{
	for (guint i = 0; i < sync->vms->len; i++) {
		const SyncedVm *vm = sync->vms->pdata[i];
		g_autofree char *name = escape_text(vm->vm->name, -1);

		if (vm->state != SYNC_SAME)
			printf("%s: %s\n", name, vm->defined ? "defined" : "not defined");
	}
}

static guint to_define(const Sync *sync)
{
	guint n = 0;

	for (guint i = 0; i < sync->vms->len; i++)
		n += ((const SyncedVm *)sync->vms->pdata[i])->state != SYNC_SAME;
	return n;
}

int vm_sync(const FleetHost *host, VmConfigs *configs, const GPtrArray *selected,
	    const VmSync *how, GError **error)
{
	g_autofree char *breaches = NULL;
	g_autoptr(Sync) sync = NULL;
	gboolean ok;

	if (!fleet_host_leave_out_held(host, host->lib, configs, error))
		return -1;
	sync = sync_new(host, configs, selected, how->demonstration, error);
	if (!sync)
		return -1;
	breaches = breaches_text(sync->breaches, configs->path);
	if (!how->rules_told || sync->broken)
		fputs(breaches, stderr);
	if (sync->broken) {
		fprintf(stderr, "lathe: rules are broken: nothing was defined\n");
		return 2;
	}
	for (guint i = 0; i < sync->vms->len; i++)
		print_vm(sync->vms->pdata[i]);
	/* The difference must be out before what it tells of is done. */
	fflush(stdout);
	if (to_define(sync) > 0 && !how->dry_run) {
		ok = sync_define(sync, host, error);
		print_how_far(sync);
		if (!ok)
			return -1;
	}
	return sync->unknown ? 3 : 0;
}

static int sync_back(const FleetHost *host, const VmConfigs *configs, const GPtrArray *selected,
		     gboolean remove, gboolean dry_run, GError **error)
{
	g_autoptr(Import) import = import_back(host, configs, selected, remove, error);

	return import ? vm_finish_import(import, configs, dry_run, error) : -1;
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	gboolean reverse = arguments_flag(arguments, "reverse");
	gboolean dry_run = arguments_flag(arguments, "dry-run");
	VmSync how = {.dry_run = dry_run};
	g_autoptr(VmConfigs) configs = vm_configs_read(vm_config_path(arguments), error);
	g_auto(VmConnection) connection = {0};
	g_autoptr(GPtrArray) selected = NULL;

	if (arguments_flag(arguments, "remove") && !reverse) {
		lathe_error(error, LATHE_ERROR_USAGE, "--remove goes with --reverse");
		return -1;
	}
	if (!configs || !vm_demonstration_wanted(arguments, &how.demonstration, error))
		return -1;
	selected = vm_configs_select(configs, arguments_positional(arguments), error);
	if (!selected ||
	    !vm_connect(&connection, context, arguments,
			reverse || dry_run ? VM_READ : VM_WRITE, error))
		return -1;
	return reverse ? sync_back(connection.host, configs, selected,
				   arguments_flag(arguments, "remove"), dry_run, error)
		       : vm_sync(connection.host, configs, selected, &how, error);
}

const Command command_vm_sync_config = {
	.name = "sync-config",
	.summary = "bring libvirt in line with the config, or the config with libvirt",
	.arguments = "[VM...]",
	.arguments_max = ARGUMENTS_ANY,
	.description =
		"All VMs of the config, or the named ones. Shows how the XML of each changes, then\n"
		"defines it. Elements that the config says nothing about stay. A VM that libvirt\n"
		"does not have is made when the config gives it memory, and a kernel or a disk. A\n"
		"VM that runs goes on as it is until its next boot. Nothing is defined when a rule\n"
		"of level error is broken for one of the VMs (`lathe vm validate-config`).\n"
		"\n"
		"Exit status: 0 done; 1 could not do it; 2 a rule is broken, and nothing was\n"
		"defined; 3 done, but a rule of level error could not be looked at.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
