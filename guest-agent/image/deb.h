/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest needs of a Debian kernel package, taken out of the .deb without dpkg. */
#ifndef LATHE_DEB_H
#define LATHE_DEB_H

#include <glib.h>

/*
 * Writes into `directory`, which must be empty: `vmlinuz`, `config` when there is one,
 * `release` (one line), and below `modules/` modules.builtin and the modules that are in
 * the set `names`, compressed as they were.
 */
gboolean deb_unpack_kernel(const char *deb, GHashTable *names, const char *directory,
			   GError **error);

/* A kernel release as a name of a folder: "6.1.0-56-rt-amd64". */
gboolean deb_release_valid(const char *release);

#endif
