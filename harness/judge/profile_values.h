/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the value of a profile's key may be: text, one of some words, numbers with units, lists.
 * *ret is untouched on failure; a string or array that it held is freed on success.
 */
#ifndef LATHE_PROFILE_VALUES_H
#define LATHE_PROFILE_VALUES_H

#include <glib.h>

/* At most 1024 bytes. */
gboolean value_text(const char *value, char **ret, GError **error);

/* One of two words; the second is the stricter one. */
gboolean value_choice(const char *value, const char *yes, const char *no, gboolean *ret,
		      GError **error);

gboolean value_member(const char *value, const char *const *members, gsize n, char **ret,
		      GError **error);

gboolean value_number(const char *value, guint min, guint max, guint *ret, GError **error);

/* A duration in whole multiples of unit_ns. */
gboolean value_duration(const char *value, guint64 min_ns, guint64 max_ns, guint64 unit_ns,
			guint64 *ret, GError **error);

/* At most 64 words between blanks, none twice. */
gboolean value_words(const char *value, gboolean (*check)(const char *word, GError **error),
		     GPtrArray **ret, GError **error);
/* Them again as one text. */
char *value_join(const GPtrArray *words);

#endif
