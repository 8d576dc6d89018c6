/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files below a bundle's directory: which names are allowed, how one is opened
 * without leaving the directory, and SHA256SUMS in the form of sha256sum(1).
 */
#ifndef LATHE_BUNDLE_FILES_H
#define LATHE_BUNDLE_FILES_H

#include <glib.h>

#define BUNDLE_SUMS "SHA256SUMS"

/* Relative; no empty, "." or ".." component, none over 255 bytes; valid UTF-8 without
 * control characters. For names that the harness or a run.json chooses. */
gboolean bundle_name_check(const char *relative, GError **error);

/* Every file below, as names relative to the directory, in byte order. Anything but plain
 * files and directories is an error. A captured tree may hold names of any bytes. */
GPtrArray *bundle_list(const char *directory, GError **error);

/* One line. sha256sum(1) marks a name with a backslash or a newline by a leading
 * backslash and escapes both. */
void bundle_sums_append(GString *sums, const char *sha256, const char *name);

#endif
