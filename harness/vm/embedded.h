/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directory of an embedded libvirt: its configuration and its capability cache. */
#ifndef LATHE_EMBEDDED_H
#define LATHE_EMBEDDED_H

#include <glib.h>

/* Makes both directories (absolute paths), writes directory/etc/qemu.conf, and has
 * directory/cache be cache_directory. */
gboolean embedded_prepare(const char *directory, const char *cache_directory, GError **error);

/* "qemu:///embed?root=..." */
char *embedded_uri(const char *directory);

#endif
