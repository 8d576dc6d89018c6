/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places on the disk: opened without leaving the root, and what is at them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

#include "autofd.h"
#include "persist_private.h"

/* As root.c does it: a tree's links end in the tree. */
static int open_directory(const Root *root, const char *path)
{
	guint64 resolve = root_is_live(root) ? 0
					     : RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

	return root_resolve(root, path, O_RDONLY | O_DIRECTORY, resolve);
}

gboolean persist_slot_open(const Root *root, const char *path, PersistSlot *ret,
			   int *ret_errno)
{
	g_autofree char *parent = g_path_get_dirname(path);
	int fd = open_directory(root, parent);

	if (fd < 0) {
		*ret_errno = errno;
		return FALSE;
	}
	ret->directory = fd;
	ret->name = g_path_get_basename(path);
	/* No reader of a drop-in directory takes a name that begins with a period and has
	 * this end. */
	ret->temporary = g_strdup_printf(".%s.lathe-new", ret->name);
	return TRUE;
}

void persist_slot_clear(PersistSlot *slot)
{
	autofd_close(&slot->directory);
	slot->directory = -1;
	g_clear_pointer(&slot->name, g_free);
	g_clear_pointer(&slot->temporary, g_free);
}

char *persist_hash(const char *text)
{
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

/* One byte more than the limit is enough to be refused. */
static char *hash_file(const PersistSlot *slot, int *ret_errno)
{
	autofd fd = openat(slot->directory, slot->name,
			   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	char buffer[4096];
	gsize total = 0;
	struct stat st;
	gssize got;

	if (fd < 0 || fstat(fd, &st) != 0) {
		*ret_errno = errno == ELOOP || errno == ENXIO ? EEXIST : errno;
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		*ret_errno = EEXIST;
		return NULL;
	}
	while ((got = read(fd, buffer, sizeof(buffer))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || (total += (gsize)got) > PERSIST_TEXT_BYTES) {
			*ret_errno = got < 0 ? errno : EEXIST;
			return NULL;
		}
		g_checksum_update(sum, (const guchar *)buffer, got);
	}
	return g_strdup(g_checksum_get_string(sum));
}

static char *hash_link(const PersistSlot *slot, int *ret_errno)
{
	char target[PATH_MAX + 1];
	gssize length = readlinkat(slot->directory, slot->name, target, PATH_MAX);

	if (length < 0) {
		*ret_errno = errno == EINVAL ? EEXIST : errno;
		return NULL;
	}
	target[length] = '\0';
	return persist_hash(target);
}

char *persist_hash_at(const Root *root, PersistKind kind, const char *path,
		      int *ret_errno)
{
	g_auto(PersistSlot) slot = {-1, NULL, NULL};

	if (!persist_slot_open(root, path, &slot, ret_errno))
		return NULL;
	return kind == PERSIST_LINK ? hash_link(&slot, ret_errno)
				    : hash_file(&slot, ret_errno);
}

void persist_missing_parents(const Root *root, const char *path, GPtrArray *paths)
{
	for (const char *slash = strchr(path, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		char *parent = g_strndup(path, (gsize)(slash - path));

		if (root_exists(root, parent) ||
		    g_ptr_array_find_with_equal_func(paths, parent, g_str_equal, NULL))
			g_free(parent);
		else
			g_ptr_array_add(paths, parent);
	}
}
