/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The distribution's PREEMPT_RT kernel package, downloaded with apt-get and never
 * installed. Only Debian's is known (linux-image-rt-amd64).
 *
 * Once downloaded it stays: there is no look for a newer one, so a repeated build needs
 * no network. Removing the folder `package` from the cache makes the next build download
 * anew.
 */
#ifndef LATHE_PACKAGE_H
#define LATHE_PACKAGE_H

#include <glib.h>

typedef struct Waiter Waiter;

/*
 * Makes sure that CACHE/package holds `vmlinuz`, `release`, perhaps `config`, and
 * `modules/` with the wanted modules, what they depend on, and modules.builtin. The
 * caller holds the cache's lock. apt's own state (lists, cache) is read, never written.
 */
gboolean package_ensure(const char *cache_directory, const char *const *wanted,
			Waiter *waiter, void (*progress)(const char *line),
			GError **error);

/* CACHE/package. */
char *package_directory(const char *cache_directory);

/* The kernel package in what `apt-cache depends` printed about the metapackage; NULL when
 * there is none. */
char *package_parse_depends(const char *listing);

#endif
