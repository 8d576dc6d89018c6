/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's file tree, and the uncompressed newc cpio made from it. The same content
 * gives the same bytes: sorted, owned by root, dated 0.
 *
 * /bin, /sbin, /lib and /lib64 are links into /usr, so that one copy of a library is
 * found under each of the paths a loader may try. Paths given here are resolved through
 * them.
 */
#ifndef LATHE_INITRAMFS_H
#define LATHE_INITRAMFS_H

#include <glib.h>

typedef struct Initramfs Initramfs;

/* Holds the directories and device nodes that PID 1 expects. */
Initramfs *initramfs_new(void);
void initramfs_free(Initramfs *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Initramfs, initramfs_free)

/*
 * A regular file at an absolute path of the guest (no "." or ".." in it); its directories
 * are made. `source` is what errors call it. The same content and mode a second time
 * changes nothing; anything else at a path that is taken is an error.
 */
gboolean initramfs_add(Initramfs *tree, const char *path, guint mode, GBytes *content,
		       const char *source, GError **error);

/* A symbolic link, under the same rules. */
gboolean initramfs_add_link(Initramfs *tree, const char *path, const char *target,
			    const char *source, GError **error);

/* Whether something is at that path already. */
gboolean initramfs_has(const Initramfs *tree, const char *path);

/* The cpio archive. */
GBytes *initramfs_pack(const Initramfs *tree, GError **error);

#endif
