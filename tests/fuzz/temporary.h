/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory for one fuzz program, gone when it ends. */
#ifndef LATHE_FUZZ_TEMPORARY_H
#define LATHE_FUZZ_TEMPORARY_H

#include <glib.h>
#include <stdlib.h>

#include "remove_tree.h"

static char *temporary;

static void temporary_remove(void)
{
	remove_tree(temporary);
	g_clear_pointer(&temporary, g_free);
}

/* The same one each time. */
static inline const char *temporary_directory(void)
{
	if (temporary)
		return temporary;
	temporary = g_dir_make_tmp("lathe-fuzz-XXXXXX", NULL);
	if (!temporary || atexit(temporary_remove) != 0)
		abort();
	return temporary;
}

#endif
