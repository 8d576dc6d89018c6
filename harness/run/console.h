/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest's serial console tells about its end. Text from a guest: escaped here.
 */
#ifndef LATHE_CONSOLE_H
#define LATHE_CONSOLE_H

#include <glib.h>

/* The line that names a panic, newly allocated and escaped, or NULL. Reads at most the last
 * 256 KiB of the log. */
char *console_trouble(const char *path);

/* The last line that is not blank, or NULL. */
char *console_last_line(const char *path);

#endif
