/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types of a VM's keys (vm_config.h), each in both directions. Text comes without blanks at
 * its ends; *ret is untouched on failure; errors quote the value, not the key.
 */
#ifndef LATHE_VM_VALUE_H
#define LATHE_VM_VALUE_H

#include <glib.h>

#include "cpulist.h"

gboolean vm_value_is_auto(const char *text);

/* true | false | on | off | yes | no | 1 | 0, in any case. */
gboolean vm_value_bool(const char *text, gboolean *ret, GError **error);

/* A decimal number in [min, max]. */
gboolean vm_value_number(const char *text, guint min, guint max, guint *ret, GError **error);

/* "0,2,4-7" of numbers below limit; blanks beside ',' and '-' are allowed; "" is the empty set. */
gboolean vm_value_set(const char *text, guint limit, Cpuset *ret, GError **error);

/* *ret is empty when it is "auto". */
gboolean vm_value_set_or_auto(const char *text, guint limit, gboolean *ret_auto, Cpuset *ret,
			   GError **error);

/* One line of at most 2047 bytes. */
gboolean vm_value_line(const char *text, char **ret, GError **error);

/*
 * Several lines, brought into the form that a file can hold: no blanks around lines, none of
 * them blank at either end, no control characters, and no line but the first that looks like a
 * comment (it joins the one above). At most 200 lines and 16 KiB.
 */
gboolean vm_value_lines(const char *text, char **ret, GError **error);

/* A kernel command line of at most 2047 bytes; line breaks become blanks. "" is NULL. */
gboolean vm_value_cmdline(const char *text, char **ret, GError **error);

/* An absolute path; "" is NULL. */
gboolean vm_value_path(const char *text, char **ret, GError **error);
/* Absolute paths between commas or lines, none twice. */
gboolean vm_value_paths(const char *text, GPtrArray **ret, GError **error);

/* [domain:]bus:slot.function in hexadecimal, as 0000:03:00.0; between commas or blanks. */
gboolean vm_value_pci(const char *text, GPtrArray **ret, GError **error);
char *vm_value_format_list(const GPtrArray *list);

/* A number with K, M or G (1024 each); without one it counts MiB. In KiB, from min to max. */
gboolean vm_value_size(const char *text, guint64 min_kib, guint64 max_kib, guint64 *ret_kib,
		    GError **error);
/* The largest unit that is exact: "2M", "1G". */
char *vm_value_format_size(guint64 kib);

/* Sets an error that says "'TEXT' is not WHAT", with the text shortened and made harmless. */
gboolean vm_value_refuse(GError **error, const char *text, const char *what, ...)
	G_GNUC_PRINTF(3, 4);

#endif
