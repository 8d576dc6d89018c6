/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files as the image builder reads and keeps them: parts are read whole and only when
 * they are regular files; what goes into the cache is synced before it is given its name,
 * so a power loss leaves either a whole entry or none.
 */
#ifndef LATHE_IMAGE_STORE_H
#define LATHE_IMAGE_STORE_H

#include <glib.h>

/* No part of a guest that fits into memory twice is larger. */
#define STORE_PART_MAX (1ull << 30)

/* The bytes of a regular file (a link is followed; a FIFO or device is an error, never a
 * wait). ret_mode gets the permission bits, or is NULL. */
GBytes *store_read(const char *path, guint64 max, guint *ret_mode, GError **error);

/* Creates the file, which must not exist, with mode 0644, and syncs it. */
gboolean store_write(const char *path, gconstpointer data, gsize length, GError **error);

/* A second name for a file of the cache; a copy where the file system has no hard links.
 */
gboolean store_link(const char *from, const char *to, GError **error);

gboolean store_sync_directory(const char *path, GError **error);

/*
 * An entry of the cache is a directory with a file `manifest`, written last, that lists
 * each other file and its size ("SIZE NAME"). store_publish() writes it, syncs the
 * directory and renames it to `final`, replacing what was there. store_intact() tells
 * whether every listed file is still there with that size.
 */
gboolean store_publish(const char *scratch, const char *final, GError **error);
gboolean store_intact(const char *directory);

/* Removes a file or tree; links are removed, not followed. What cannot be removed stays.
 */
void store_remove(const char *path);

#endif
