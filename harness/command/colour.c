/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <unistd.h>

gboolean colour_wanted(void)
{
	const char *no_color = g_getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && (!no_color || !*no_color);
}
