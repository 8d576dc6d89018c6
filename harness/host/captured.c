/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "captured.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autofd.h"
#include "error.h"
#include "scratch.h"
#include "unpack.h"

/* What performance-addon's must-gather keeps of a node's proc and sys, beside its logs. */
#define SYSINFO "sysinfo.tgz"

/* A machine, or what `lathe run` keeps of a VM. */
static gboolean is_tree(const Root *root)
{
	static const char *const names[] = {"sys", "proc", "lathe/complete", "domain-live.xml"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (root_exists(root, names[i]))
			return TRUE;
	return FALSE;
}

/* The only directory in it, when that is a tree: an archive holds what it was made of. */
static Root *open_only_directory(const Root *root)
{
	g_autoptr(GPtrArray) names = root_list(root, ".", NULL);
	g_autoptr(Root) found = NULL;

	for (guint i = 0; names && i < names->len; i++) {
		g_autoptr(Root) below = NULL;

		if (!root_is_directory(root, names->pdata[i]))
			continue;
		below = root_open_below(root, names->pdata[i], NULL);
		if (!below || !is_tree(below))
			continue;
		/* Several nodes: which one is for the user to say. */
		if (found)
			return NULL;
		found = g_steal_pointer(&below);
	}
	return g_steal_pointer(&found);
}

static Root *unpack_tree(int fd, const char *name, GError **error);

/* `packed`: it comes out of an archive already, and another one in it is none of ours. */
static Root *find_tree(Root *root, const char *name, gboolean packed, GError **error)
{
	g_autoptr(Root) given = root;
	Root *below;

	if (is_tree(root))
		return g_steal_pointer(&given);
	below = open_only_directory(root);
	if (below)
		return below;
	if (!packed && root_exists(root, SYSINFO)) {
		autofd fd = root_open_file(root, SYSINFO, error);

		return fd >= 0 ? unpack_tree(fd, SYSINFO, error) : NULL;
	}
	lathe_error(error, LATHE_ERROR_INPUT, "'%s' is no tree of a Linux machine: neither it nor "
		    "the only directory in it holds proc or sys", name);
	lathe_error_hint(error, "it takes what `lathe capture` made, an sosreport, or the "
			 "directory of one node of a must-gather");
	return NULL;
}

static Root *unpack_tree(int fd, const char *name, GError **error)
{
	g_autoptr(Scratch) scratch = scratch_new(NULL, error);
	Root *root = NULL;

	if (!scratch || !unpack(fd, name, scratch_path(scratch), error))
		return NULL;
	root = root_open_captured(scratch_path(scratch), error);
	root = root ? find_tree(root, name, TRUE, error) : NULL;
	if (root)
		root_own_scratch(root, g_steal_pointer(&scratch));
	return root;
}

Root *captured_open(const char *path, GError **error)
{
	/* Not to wait for the other end of a FIFO. */
	autofd fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	Root *root;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return unpack_tree(fd, path, error);
	if (fd >= 0 && !S_ISDIR(st.st_mode)) {
		lathe_error(error, LATHE_ERROR_INPUT, "'%s' is neither a directory nor a file",
			    path);
		return NULL;
	}
	root = root_open_captured(path, error);
	return root ? find_tree(root, path, FALSE, error) : NULL;
}
