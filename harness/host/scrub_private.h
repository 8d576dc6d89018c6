/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that make up a scrub share, and nobody else sees. */
#ifndef LATHE_SCRUB_PRIVATE_H
#define LATHE_SCRUB_PRIVATE_H

#include "scrub.h"

#define SCRUB_SERIAL "scrubbed"
#define SCRUB_HOST   "scrubbed-host"

struct Scrub {
	GPtrArray *words;    /* of char *: longest first, when compiled */
	GHashTable *word_to; /* lower case -> its stand-in, a literal */
	GRegex *words_regex;
	GPtrArray *regexes;  /* of GRegex: one for each row of rules[] */
	GHashTable *numbered; /* lower case MAC or UUID -> stand-in */
	guint numbers;
	GHashTable *kept; /* names that stay */
	char *failed;	  /* why something could not be searched to its end, or NULL */
};

Scrub *scrub_rules_new(void);
/* `stand_in` must outlive the scrub. */
void scrub_add_word(Scrub *scrub, const char *word, const char *stand_in);
void scrub_rules_compile(Scrub *scrub);

/* The bytes with everything replaced, NUL-terminated. */
GString *scrub_bytes(Scrub *scrub, const char *bytes, gsize length);

/* Whether a file of that name holds nothing but a serial number. */
gboolean scrub_is_serial(const char *name);

#endif
