/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "escape.h"
#include "import.h"
#include "vm_command.h"
#include "vm_import.h"

static const Option options[] = {
	{"update", 'u', NULL, FALSE,
	 "also of VMs that the config has: what was changed in libvirt is changed in the config"},
	{"dry-run", 'n', NULL, FALSE, "show what would be written, and write nothing"},
	{"root", 0, "DIR|FILE", FALSE,
	 "libvirt's machine is the captured one there (default: this one, if it is)"},
	{NULL},
};

static const char *const words[] = {
	[IMPORT_ADDED] = "added",
	[IMPORT_UPDATED] = "updated",
	[IMPORT_SAME] = "as in the config",
	[IMPORT_KNOWN] = "in the config already",
	[IMPORT_MISSING] = "not in libvirt: the config keeps it (sync-config --reverse --remove would not)",
	[IMPORT_REMOVED] = "removed: libvirt does not have it",
	[IMPORT_LEFT_OUT] = "left out",
};

static void print_each(const char *what, const GPtrArray *texts)
{
	for (guint i = 0; texts && i < texts->len; i++) {
		g_autofree char *safe = escape_text(texts->pdata[i], -1);

		printf("    %s%s\n", what, safe);
	}
}

static void print_section(const VmConfig *vm)
{
	g_autofree char *section = vm_config_format(vm);
	g_auto(GStrv) lines = g_strsplit(g_strchomp(section), "\n", -1);

	for (char **line = lines; *line; line++) {
		g_autofree char *safe = escape_text(*line, -1);

		printf("    | %s\n", safe);
	}
}

static void print_vm(const ImportedVm *vm, gboolean dry_run)
{
	g_autofree char *name = escape_text(vm->name, -1);
	g_autofree char *why = vm->why ? escape_text(vm->why, -1) : NULL;
	gboolean written = vm->state == IMPORT_ADDED || vm->state == IMPORT_UPDATED ||
			   vm->state == IMPORT_REMOVED;

	printf("%s: %s%s%s%s\n", name, dry_run && written ? "would be " : "", words[vm->state],
	       why ? ": " : "", why ? why : "");
	print_each("", vm->changes);
	print_each("note: ", vm->notes);
	print_each("not fit for real time: ", vm->unfit);
	if (dry_run && vm->state == IMPORT_ADDED)
		print_section(vm->read);
}

static guint count(const Import *import, ImportState state)
{
	guint n = 0;

	for (guint i = 0; i < import->vms->len; i++)
		n += ((const ImportedVm *)import->vms->pdata[i])->state == state;
	return n;
}

static gboolean check_left_out(const Import *import, GError **error)
{
	guint n = count(import, IMPORT_LEFT_OUT);

	return n == 0 || lathe_error(error, LATHE_ERROR_INPUT, "%u of %u VMs %s left out", n,
				     import->vms->len, n == 1 ? "was" : "were");
}

int vm_finish_import(const Import *import, const VmConfigs *configs, gboolean dry_run,
		     GError **error)
{
	gboolean changes = import_changes(import, configs);
	g_autofree char *path = escape_text(configs->path, -1);

	if (changes && !dry_run && !vm_configs_save(configs, import->text, error))
		return -1;
	for (guint i = 0; i < import->vms->len; i++)
		print_vm(import->vms->pdata[i], dry_run);
	if (!changes)
		printf("%s: nothing to change\n", path);
	else
		printf("%s: %s%u added, %u updated, %u removed\n", path,
		       dry_run ? "would have " : "", count(import, IMPORT_ADDED),
		       count(import, IMPORT_UPDATED), count(import, IMPORT_REMOVED));
	return check_left_out(import, error) ? 0 : -1;
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	g_auto(VmConnection) connection = {0};
	g_autoptr(VmConfigs) configs = vm_configs_read_or_empty(vm_config_path(arguments), error);
	g_autoptr(Import) import = NULL;

	if (!configs || !vm_connect(&connection, context, arguments, VM_READ, error))
		return -1;
	import = import_new(connection.host, configs, arguments_positional(arguments),
			    arguments_flag(arguments, "update"), error);
	if (!import)
		return -1;
	return vm_finish_import(import, configs, arguments_flag(arguments, "dry-run"), error);
}

const Command command_vm_import = {
	.name = "import",
	.summary = "take the VMs that libvirt has into the config",
	.arguments = "[NAME...]",
	.arguments_max = ARGUMENTS_ANY,
	.description =
		"All VMs that the config does not have yet, or the named ones (names or UUIDs). Says\n"
		"of each what about it is not fit for real time, and what no key of the config can\n"
		"hold exactly. Comments and order of the config stay; libvirt is not changed.\n"
		"\n"
		"Exit status: 0 done; 1 could not do it, or some VMs were left out.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
