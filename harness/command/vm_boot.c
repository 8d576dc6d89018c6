/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "command.h"
#include "error.h"
#include "escape.h"
#include "start.h"
#include "vm_command.h"
#include "vm_fleet.h"

static const Option options[] = {
	{"plan", 0, "qualification|demonstration", FALSE,
	 "demonstration: start what can work at all although rules are broken, without "
	 "SCHED_FIFO on CPUs that are shared; each broken rule is a warning, and nothing is "
	 "proven by such a VM"},
	{"dry-run", 'n', NULL, FALSE,
	 "change nothing: say what would be done, and what is in the way"},
	{NULL},
};

static void print_deviations(const char *name, const GPtrArray *deviations)
{
	for (guint i = 0; i < deviations->len; i++) {
		g_autofree char *text = escape_text(deviations->pdata[i], -1);

		printf("%s: not as asked for: %s\n", name, text);
	}
}

/* A rule that several VMs break together is told once: `told` holds its sentence. */
static void print_warnings(const GPtrArray *warnings, GHashTable *told)
{
	for (guint i = 0; i < warnings->len; i++) {
		g_autofree char *text = escape_text(warnings->pdata[i], -1);

		if (g_hash_table_contains(told, text))
			continue;
		printf("WARN %s\n", text);
		g_hash_table_add(told, g_steal_pointer(&text));
	}
}

static void print_diff(const char *diff)
{
	g_auto(GStrv) lines = g_strsplit(diff, "\n", -1);

	for (char **line = lines; *line && (line[1] || **line); line++) {
		g_autofree char *text = escape_text(*line, -1);

		printf("    %s\n", text);
	}
}

static void print_start(const Start *start, const VmConfig *vm, GHashTable *told)
{
	g_autofree char *name = escape_text(vm->name, -1);

	print_warnings(start->warnings, told);
	switch (start->state) {
	case START_STARTED:
		printf("%s: started in %.1f s, pid %d", name, start->seconds, start->pid);
		if (start->deviations->len == 0 && start->threads > 0)
			printf(", %u threads in their places", start->threads);
		printf("\n");
		break;
	case START_RUNNING:
		printf("%s: runs already\n", name);
		break;
	case START_POSSIBLE:
		printf("%s: would be started%s\n", name,
		       start->undefined ? " as the config says: libvirt has no definition of it"
		       : *start->diff	? ", and run with this difference from its definition:"
					: " as it is defined");
		print_diff(start->diff);
		break;
	case START_FAILED:
		break;
	}
	print_deviations(name, start->deviations);
	if (start->error) {
		fflush(stdout);
		vm_print_error(vm->name, start->error);
	}
}

/* Of those that were not named, the ones that want it. */
static GPtrArray *select_vms(const VmConfigs *configs, const char *const *names, GError **error)
{
	GPtrArray *vms = vm_configs_select(configs, names, error);

	for (guint i = vms && !*names ? vms->len : 0; i > 0; i--)
		if (!((const VmConfig *)vms->pdata[i - 1])->autostart)
			g_ptr_array_remove_index(vms, i - 1);
	return vms;
}

/* 2 is for what runs, and not as it should. */
static int start_all(const Scene *scene, const GPtrArray *vms, gboolean dry_run, GError **error)
{
	g_autoptr(GPtrArray) breaches =
		fleet_host_breaches(scene->host, scene->configs, scene->live, error);
	g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	int status = 0;

	if (!breaches)
		return -1;
	if (vms->len == 0)
		printf("No VM of the config has autostart.\n");
	for (guint i = 0; i < vms->len; i++) {
		g_autoptr(Start) start = fleet_start(scene, breaches, vms->pdata[i], dry_run);

		print_start(start, vms->pdata[i], told);
		fflush(stdout);
		if (start->state == START_FAILED)
			status = 1;
		else if (start->deviations->len > 0 && status == 0)
			status = 2;
	}
	return status;
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	g_auto(VmFleet) fleet = {0};
	g_autoptr(GPtrArray) vms = NULL;
	gboolean demonstration;

	if (!vm_demonstration_wanted(arguments, &demonstration, error) ||
	    !vm_fleet_open(&fleet, context, arguments, FLEET_CHANGES, demonstration, error))
		return -1;
	vms = select_vms(fleet.configs, arguments_positional(arguments), error);
	if (!vms)
		return -1;
	return start_all(fleet.scene, vms, arguments_flag(arguments, "dry-run"), error);
}

const Command command_vm_boot = {
	.name = "boot",
	.summary = "start VMs, and see that they became what they are configured to be",
	.arguments = "[VM]...",
	.arguments_max = ARGUMENTS_ANY,
	.description =
		"Starts the VMs with those names or UUIDs, in the order of the config; without any,\n"
		"those with autostart. The sibling threads of a real-time VM's CPUs go offline\n"
		"before, and come back when it ends. After the start QEMU's arguments are held\n"
		"against what was asked for, and each of its threads against the plan.\n"
		"\n"
		"A VM is not started when a rule of level error is broken, when libvirt's\n"
		"definition is not what the config says, or when it wants a KVM that does not work.\n"
		"The others are tried all the same.\n"
		"\n"
		"Exit status: 0 all of them run; 1 one could not be started; 2 one runs, but not as\n"
		"it was asked for.\n",
	.options = options,
	.needs = NEEDS_ROOT,
	.run = run,
};
