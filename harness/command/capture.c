/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "error.h"
#include "knob_capture.h"
#include "machine.h"
#include "pack.h"
#include "scratch.h"
#include "scrub.h"
#include "topology.h"
#include "vm_rules.h"

/* The one directory in every archive: the same machine gives the same bytes under any name. */
#define TOP "lathe-capture"

#define HOST_NAME "proc/sys/kernel/hostname"

static const Option options[] = {
	{"output", 'o', "DIR|FILE.tar.gz", FALSE,
	 "where to: a directory that is not there yet or empty, or an archive"},
	{"scrub", 0, NULL, FALSE,
	 "replace serial numbers, MAC addresses, UUIDs and the host name by stand-ins"},
	{"root", 'r', "DIR|FILE", FALSE,
	 "keep the captured machine there instead of this one (to scrub it, say)"},
	{NULL},
};

typedef struct {
	const char *name; /* as the user wrote it */
	char *path, *parent;
	gboolean archive;
} Output;

static void output_clear(Output *output)
{
	g_free(output->path);
	g_free(output->parent);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Output, output_clear)

static gboolean is_archive(const char *name)
{
	return g_str_has_suffix(name, ".tar.gz") || g_str_has_suffix(name, ".tgz");
}

/* Before anything is read: a place that cannot be had is told at once. */
static gboolean check_output(const Output *output, GError **error)
{
	struct stat st;
	GDir *directory;
	gboolean empty;

	if (lstat(output->path, &st) != 0)
		return errno == ENOENT ||
		       lathe_error_errno(error, errno, "look at '%s'", output->name);
	if (output->archive)
		return S_ISREG(st.st_mode) ||
		       lathe_error(error, LATHE_ERROR_USAGE, "'%s' is there, and is no file",
				   output->name);
	directory = S_ISDIR(st.st_mode) ? g_dir_open(output->path, 0, NULL) : NULL;
	empty = directory && !g_dir_read_name(directory);
	g_clear_pointer(&directory, g_dir_close);
	if (empty)
		return TRUE;
	lathe_error(error, LATHE_ERROR_USAGE, "'%s' is there, and is no empty directory",
		    output->name);
	lathe_error_hint(error, "name a directory that is to be made, or a file that ends in "
			 ".tar.gz");
	return FALSE;
}

static gboolean parse_output(const Arguments *arguments, Output *ret, GError **error)
{
	const char *name = arguments_value(arguments, "output");

	if (!name || !*name) {
		lathe_error(error, LATHE_ERROR_USAGE, "nobody said where to");
		lathe_error_hint(error, "lathe capture -o DIR, or -o FILE.tar.gz");
		return FALSE;
	}
	ret->name = name;
	ret->archive = is_archive(name);
	ret->path = state_absolute(name, error);
	if (!ret->path)
		return FALSE;
	ret->parent = g_path_get_dirname(ret->path);
	return check_output(ret, error);
}

static KnobView *open_view(const Root *root, const char *name, GError **error)
{
	g_autoptr(KnobView) view = knob_view_new(root, SCOPE_HOST, NULL, NULL);

	if (knob_view_online_known(view))
		return g_steal_pointer(&view);
	lathe_error(error, LATHE_ERROR_INPUT,
		    "'%s' is no tree of a Linux machine: sys/devices/system/cpu/online is not there",
		    name ? name : "/");
	return NULL;
}

/* Without the name nothing could be said to be free of it. */
static gboolean scrub(KnobView *view, const Root *root, const char *tree, GError **error)
{
	g_auto(GStrv) patterns = knob_patterns(SCOPE_HOST);
	g_autoptr(Scrub) rules = NULL;
	int errnum = 0;
	const char *host = knob_view_line(view, HOST_NAME, &errnum);

	if (!host)
		return lathe_error_errno(error, errnum,
					 "--scrub: read the host name, " HOST_NAME);
	rules = scrub_new(root, host, (const char *const *)patterns, error);
	return rules && scrub_tree(rules, tree, CAPTURE_ERRORS, error);
}

/* Aside, in the output's own file system, and then into its place in one step. */
static gboolean publish(const Output *output, const Scratch *scratch, const char *tree,
			GError **error)
{
	g_autofree char *file = g_build_filename(scratch_path(scratch), "archive", NULL);
	const char *from = output->archive ? file : tree;

	if (output->archive && !pack(tree, TOP, file, error))
		return FALSE;
	return rename(from, output->path) == 0 ||
	       lathe_error_errno(error, errno, "create '%s'", output->name);
}

/* Besides the table: what the topology is made of, what configured VMs are judged by, and the
 * name that a later --scrub of the capture has to know. */
static GPtrArray *more_files(void)
{
	GPtrArray *files = g_ptr_array_new();

	for (const char *const *file = topology_files; *file; file++)
		g_ptr_array_add(files, (char *)*file);
	for (const char *const *file = vm_rules_files; *file; file++)
		g_ptr_array_add(files, (char *)*file);
	g_ptr_array_add(files, (char *)HOST_NAME);
	g_ptr_array_add(files, NULL);
	return files;
}

static gboolean capture(const Arguments *arguments, const Output *output, const Root *root,
			PackSize *ret_size, GError **error)
{
	g_autoptr(KnobView) view = open_view(root, arguments_value(arguments, "root"), error);
	g_autoptr(Scratch) scratch = view ? scratch_new(output->parent, error) : NULL;
	g_autoptr(GPtrArray) more = more_files();
	g_autofree char *tree =
		scratch ? g_build_filename(scratch_path(scratch), "tree", NULL) : NULL;

	if (!tree || !knob_capture(view, SCOPE_HOST, (const char *const *)more->pdata, tree, error))
		return FALSE;
	if (arguments_flag(arguments, "scrub") && !scrub(view, root, tree, error))
		return FALSE;
	return pack_size(tree, ret_size, error) && publish(output, scratch, tree, error);
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	g_auto(Output) output = {0};
	g_autoptr(Root) root = NULL;
	g_autofree char *size_text = NULL;
	PackSize size;

	(void)context;
	if (!parse_output(arguments, &output, error))
		return -1;
	root = machine_root(arguments, error);
	if (!root || !capture(arguments, &output, root, &size, error))
		return -1;
	size_text = g_format_size_full(size.bytes, G_FORMAT_SIZE_IEC_UNITS);
	printf("%s: %u files, %s%s\n", output.name, size.files, size_text,
	       arguments_flag(arguments, "scrub") ? ", scrubbed" : "");
	return 0;
}

const Command command_capture = {
	.name = "capture",
	.summary = "keep what this host looks like, to judge it elsewhere",
	.arguments = "",
	.description =
		"Writes every file that the knob table and the topology are read from, as plain\n"
		"files, so that `lathe validate-host --root` gives the same findings anywhere and\n"
		"for anybody. Root sees more than others; what could not be read is noted, with the\n"
		"reason. Nothing is changed.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
