/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration files of "key = value" lines: qemu.conf, TuneD's, irqbalance's. */
#ifndef LATHE_SETTINGS_H
#define LATHE_SETTINGS_H

#include <glib.h>

/*
 * The value of the last line that sets `key`, without blanks around it, or NULL when none
 * does; owned by the caller. Section headings, comments and the lines of a list are
 * passed over. FALSE, with *ret_value untouched, when a line is nothing of all that.
 */
gboolean settings_find(const char *text, const char *key, char **ret_value);

#endif
