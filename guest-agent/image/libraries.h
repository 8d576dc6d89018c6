/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shared libraries a program needs, as its own loader finds them on this machine.
 * What a program opens later by itself (dlopen) is not among them.
 */
#ifndef LATHE_LIBRARIES_H
#define LATHE_LIBRARIES_H

#include <glib.h>

typedef struct Initramfs Initramfs;
typedef struct Waiter Waiter;

/*
 * Adds the program at its own path, and its loader and libraries where the guest's loader
 * will look: a guest has no ld.so.cache, so a library outside the loader's built-in
 * folders gets a link in the folder of libc.so.6. An error names the library that is
 * missing, and the tool.
 */
gboolean libraries_add_tool(Initramfs *tree, const char *program, Waiter *waiter,
			    GError **error);

/* The absolute paths in what `LOADER --list PROGRAM` printed, as an array of char *. */
GPtrArray *libraries_parse(const char *listing, const char *program, GError **error);

#endif
