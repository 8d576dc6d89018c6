/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "editor.h"
#include "error.h"
#include "escape.h"
#include "ini.h"
#include "replace_file.h"
#include "vm_breaches.h"
#include "vm_command.h"

static const Option options[] = {
	{"no-sync", 0, NULL, FALSE,
	 "leave libvirt as it is, and do not ask it: the rules are those of this machine"},
	{"plan", 0, "qualification|demonstration", FALSE,
	 "demonstration: broken rules are told and do not stop it"},
	{"root", 0, "DIR|FILE", FALSE,
	 "libvirt's machine is the captured one there (default: this one, if it is)"},
	{NULL},
};

/* One call of the command. */
typedef struct {
	const CommandContext *context;
	const Arguments *arguments;
	gboolean with_sync;
	gboolean demonstration;
	const char *path;
	char *old;  /* text */
	char *copy; /* path */
	gboolean keep_copy;
} Edit;

static void edit_clear(Edit *edit)
{
	if (edit->copy && !edit->keep_copy)
		unlink(edit->copy);
	g_free(edit->copy);
	g_free(edit->old);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Edit, edit_clear)

static void print_error(const GError *error)
{
	g_autofree char *message = escape_text(error->message, -1);
	const char *hint = lathe_error_get_hint(error);

	fprintf(stderr, "lathe: %s\n", message);
	if (hint)
		fprintf(stderr, "lathe: hint: %s\n", hint);
}

/* Anew each time: an editor may be open for hours, and libvirt come and go meanwhile. */
static gboolean open_connection(const Edit *edit, VmConnection *ret, GError **error)
{
	return vm_connect(ret, edit->context, edit->arguments,
			  edit->with_sync ? VM_WRITE : VM_UNASKED, error) &&
	       fleet_host_check_topology(ret->host, error);
}

/* TRUE when the rules that could be looked at are kept; warnings do not stop. */
static gboolean rules_are_kept(const Edit *edit, VmConfigs *configs, GError **error)
{
	g_auto(VmConnection) connection = {0};
	g_autoptr(GPtrArray) layouts = NULL;
	g_autoptr(GPtrArray) breaches = NULL;
	g_autofree char *text = NULL;

	if (!open_connection(edit, &connection, error) ||
	    !fleet_host_leave_out_held(connection.host, connection.host->lib, configs, error))
		return FALSE;
	layouts = vm_layouts_new(configs, connection.host->topology, edit->demonstration);
	breaches = fleet_host_breaches(connection.host, configs, layouts, error);
	if (!breaches)
		return FALSE;
	text = breaches_text(breaches, edit->copy);
	fputs(text, stderr);
	return edit->demonstration || breaches_status(breaches) != 2 ||
	       lathe_error(error, LATHE_ERROR_INPUT, "rules are broken");
}

/* What the editor left, if it can be taken. *ret_unchanged: it is what it was. */
static VmConfigs *read_edited(const Edit *edit, gboolean *ret_unchanged, GError **error)
{
	g_autoptr(VmConfigs) configs = vm_configs_read(edit->copy, error);

	if (!configs)
		return NULL;
	*ret_unchanged = strcmp(configs->text, edit->old) == 0;
	return *ret_unchanged || rules_are_kept(edit, configs, error) ? g_steal_pointer(&configs)
								      : NULL;
}

/* Yes is what a mere Enter means; the end of the input is no. */
static gboolean ask_again(void)
{
	char answer[16] = "";

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return FALSE;
	fprintf(stderr, "edit again? [Y/n] ");
	if (!fgets(answer, sizeof(answer), stdin))
		return FALSE;
	return answer[0] == '\n' || answer[0] == 'y' || answer[0] == 'Y';
}

static gboolean run_editor(Edit *edit, GError **error)
{
	g_autofree char *text = NULL;

	if (editor_run(edit->copy, error))
		return TRUE;
	/* What was typed before it went wrong is not lost. */
	if (g_file_get_contents(edit->copy, &text, NULL, NULL) && strcmp(text, edit->old) != 0) {
		edit->keep_copy = TRUE;
		g_prefix_error(error, "%s stays as it is, what was edited is in %s: ", edit->path,
			       edit->copy);
	} else {
		g_prefix_error(error, "%s stays as it is: ", edit->path);
	}
	return FALSE;
}

static VmConfigs *edit_until_valid(Edit *edit, gboolean *ret_unchanged, GError **error)
{
	do {
		g_autoptr(VmConfigs) configs = NULL;
		g_autoptr(GError) cause = NULL;

		if (!run_editor(edit, error))
			return NULL;
		configs = read_edited(edit, ret_unchanged, &cause);
		if (configs)
			return g_steal_pointer(&configs);
		print_error(cause);
	} while (ask_again());
	if (access(edit->copy, F_OK) != 0) {
		lathe_error(error, LATHE_ERROR_INPUT, "%s stays as it is; the editor removed its copy",
			    edit->path);
		return NULL;
	}
	edit->keep_copy = TRUE;
	lathe_error(error, LATHE_ERROR_INPUT, "%s stays as it is; what was edited is in %s",
		    edit->path, edit->copy);
	return NULL;
}

static int sync_all(const Edit *edit, GError **error)
{
	g_autoptr(VmConfigs) configs = vm_configs_read(edit->path, error);
	g_autoptr(GPtrArray) all = configs ? vm_configs_select(configs, NULL, error) : NULL;
	g_auto(VmConnection) connection = {0};
	VmSync how = {.demonstration = edit->demonstration, .rules_told = TRUE};
	int status = -1;

	if (all && open_connection(edit, &connection, error))
		status = vm_sync(connection.host, configs, all, &how, error);
	if (status < 0)
		g_prefix_error(error, "%s is changed, libvirt is not in line with it: ",
			       edit->path);
	return status;
}

/* An editor that was cut short leaves less than was meant: nobody is to find out later. */
static void print_gone(const Edit *edit, const VmConfigs *edited)
{
	g_autoptr(VmConfigs) old =
		vm_configs_parse(edit->old, strlen(edit->old), edit->path, NULL);

	for (guint i = 0; old && i < old->vms->len; i++) {
		const VmConfig *vm = old->vms->pdata[i];
		g_autofree char *name = escape_text(vm->name, -1);

		if (!vm_configs_find(edited, vm->uuid))
			printf("%s: no longer in the config; libvirt keeps it\n", name);
	}
}

static int save(Edit *edit, const VmConfigs *edited, GError **error)
{
	g_autofree char *path = escape_text(edit->path, -1);

	if (!replace_file(edit->path, edited->text, 0644, edit->old, error)) {
		edit->keep_copy = TRUE;
		g_prefix_error(error, "what was edited is in %s: ", edit->copy);
		return -1;
	}
	printf("%s: changed\n", path);
	print_gone(edit, edited);
	return edit->with_sync ? sync_all(edit, error) : 0;
}

/* One that is not well-formed can be edited as well: that is how it becomes so. */
static gboolean read_old(Edit *edit, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autoptr(VmConfigs) configs = vm_configs_read(edit->path, &cause);
	gsize length;

	if (!configs && !ini_read_text(edit->path, &edit->old, &length, NULL)) {
		g_propagate_error(error, g_steal_pointer(&cause));
		return FALSE;
	}
	if (configs)
		edit->old = g_strdup(configs->text);
	else
		print_error(cause);
	return TRUE;
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	g_auto(Edit) edit = {.context = context,
			     .arguments = arguments,
			     .with_sync = !arguments_flag(arguments, "no-sync"),
			     .path = vm_config_path(arguments)};
	g_autoptr(VmConfigs) edited = NULL;
	gboolean unchanged = FALSE;

	if (!vm_demonstration_wanted(arguments, &edit.demonstration, error) ||
	    !read_old(&edit, error))
		return -1;
	{
		/* Before anybody has typed anything: what cannot be checked need not be edited. */
		g_auto(VmConnection) connection = {0};

		if (!open_connection(&edit, &connection, error))
			return -1;
	}
	edit.copy = editor_copy(edit.path, edit.old, error);
	edited = edit.copy ? edit_until_valid(&edit, &unchanged, error) : NULL;
	if (!edited)
		return -1;
	if (!unchanged)
		return save(&edit, edited, error);
	printf("unchanged\n");
	return 0;
}

const Command command_vm_edit_config = {
	.name = "edit-config",
	.summary = "edit the config, check it, and bring libvirt in line with it",
	.arguments = "",
	.description =
		"Starts $VISUAL, $EDITOR or vi on a copy of the config. What comes back must be\n"
		"well-formed and keep the rules of level error; else it is asked whether to edit\n"
		"again, and without a terminal the copy is left. The config changes at once and as\n"
		"a whole, and only when nobody else has changed it meanwhile. Then libvirt is\n"
		"brought in line with it, as `lathe vm sync-config` does.\n"
		"\n"
		"Exit status: 0 done, or nothing was changed; 1 could not do it, and the config\n"
		"stays as it was unless it is said; 2 and 3 as `lathe vm sync-config`.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
