/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of words: of flags, of controllers, of the parts of an argument. */
#ifndef LATHE_WORDS_H
#define LATHE_WORDS_H

#include <glib.h>

/* Whether `word`, which is not empty, stands in `text` between any of the separators. text may
 * be NULL. */
gboolean words_contain(const char *text, const char *separators, const char *word);

#endif
