/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB's environment block: a few variables in a file of fixed length. */
#include <string.h>

#include "error.h"
#include "number.h"
#include "persist_private.h"

char *persist_grubenv_value(const char *block, const char *name)
{
	g_autofree char *start = g_strconcat(name, "=", NULL);
	Span span = span_of(block ? block : ""), line;

	while (span_take_line(&span, &line))
		if (span_take_literal(&line, start))
			return span_dup(line);
	return NULL;
}

gboolean persist_grubenv_check(const char *block, const char *saved, const char *next,
			       GError **error)
{
	gsize used = strlen(block);
	gsize before = saved ? strlen("saved_entry=\n") + strlen(saved) : 0;
	gsize after;

	while (used && block[used - 1] == '#')
		used--;
	after = used - MIN(used, before) + strlen("saved_entry=\n") + strlen(next);
	if (after <= PERSIST_GRUBENV_BYTES)
		return TRUE;
	lathe_error(error, LATHE_ERROR_ENVIRONMENT,
		    "GRUB's environment block (/%s) would need %zu bytes to name the new "
		    "default "
		    "entry, and has %u",
		    PERSIST_GRUBENV, after, PERSIST_GRUBENV_BYTES);
	lathe_error_hint(
		error, "grub2-editenv - list shows what is in it; grub2-editenv - unset "
		       "NAME makes room");
	return FALSE;
}

gsize persist_grubenv_expand(const char *options, const char *block, GString *values)
{
	gsize length = strlen(options);

	for (const char *at = options; (at = strchr(at, '$')); at++) {
		gsize named = strspn(at + 1, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_");
		g_autofree char *name = g_strndup(at + 1, named);
		g_autofree char *value = named ? persist_grubenv_value(block, name)
					       : NULL;

		if (!named)
			continue;
		length -= named + 1;
		if (!value)
			continue;
		length += strlen(value);
		g_string_append_printf(values, "%s ", value);
	}
	return length;
}
