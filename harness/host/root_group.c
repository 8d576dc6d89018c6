/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autofd.h"

/* The directory that `path` lies in, and its own name. -1 with errno. */
static int open_parent(const Root *root, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];

	if (!root_is_writable(root)) {
		errno = EROFS;
		return -1;
	}
	if (*path == '/' || !slash || !slash[1] || (gsize)(slash - path) >= sizeof(parent)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(parent, path, (gsize)(slash - path));
	parent[slash - path] = '\0';
	*ret_name = slash + 1;
	/* Neither needs a link that leads out of the root. */
	return root_resolve(root, parent, O_RDONLY | O_DIRECTORY,
			    root_is_live(root) ? 0 : RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

static int fill(int parent, const char *name, const char *const *files)
{
	autofd group = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (group < 0)
		return errno;
	for (; *files; files++) {
		autofd fd = openat(group, *files, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

		if (fd < 0)
			return errno;
	}
	return 0;
}

static int empty(int parent, const char *name, const char *const *files)
{
	autofd group = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (group < 0)
		return errno;
	for (; *files; files++)
		if (unlinkat(group, *files, 0) != 0 && errno != ENOENT)
			return errno;
	return 0;
}

int root_make_group_errno(const Root *root, const char *path, const char *const *files)
{
	const char *name = NULL;
	autofd parent = open_parent(root, path, &name);

	if (parent < 0 || mkdirat(parent, name, 0755) != 0)
		return errno;
	return root_is_live(root) ? 0 : fill(parent, name, files);
}

int root_remove_group_errno(const Root *root, const char *path, const char *const *files)
{
	const char *name = NULL;
	autofd parent = open_parent(root, path, &name);
	int errnum = 0;

	if (parent < 0)
		return errno;
	if (!root_is_live(root))
		errnum = empty(parent, name, files);
	if (errnum == 0 && unlinkat(parent, name, AT_REMOVEDIR) != 0)
		errnum = errno;
	return errnum;
}
