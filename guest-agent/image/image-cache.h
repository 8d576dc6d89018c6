/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder in which built guests are kept:
 *
 *   lock                 held (flock) while an image is looked up or built
 *   package/             the downloaded kernel package (package.h)
 *   kernel-<digest>/     vmlinux, extracted once per kernel; bzImage where QEMU needs
 * that image-<id>/          vmlinux (a second name of the one above), initrd, release,
 * config digest-<path's>      digest of a large file, valid while its inode is unchanged
 *   scratch-*            a build under way, or what is left of one that was killed
 */
#ifndef LATHE_IMAGE_CACHE_H
#define LATHE_IMAGE_CACHE_H

#include <glib.h>

typedef struct Waiter Waiter;

/* Images kept: the one just used and those used last before it. */
#define IMAGE_CACHE_KEEP 3

/* Hex digits of a digest in names of folders: 128 bits. */
#define IMAGE_CACHE_ID_LENGTH 32

/* Creates the folder if need be and takes its lock; waits, with a deadline, for another
 * builder. The descriptor holds the lock until it is closed; -1 on error. */
int image_cache_lock(const char *directory, Waiter *waiter,
		     void (*progress)(const char *line), GError **error);

/* A new empty folder inside, for a build. What killed builds left behind is removed
 * first: the lock is held, so nobody else is building. */
char *image_cache_scratch(const char *directory, GError **error);

/* SHA-256 of a file's content, in hex. That of a large file is remembered with its
 * inode's identity (device, number, size, mtime, ctime). */
char *image_cache_digest(const char *directory, const char *path, GError **error);

/* Marks an image as used now. */
void image_cache_touch(const char *image);

/* Removes all but the images used last, never `keep` (a name, "image-..."), and the
 * kernels that no image shares any more. */
void image_cache_prune(const char *directory, const char *keep);

#endif
