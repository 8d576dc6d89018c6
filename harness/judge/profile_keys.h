/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of a profile as rows: reading, overriding and writing walk the same table.
 */
#ifndef LATHE_PROFILE_KEYS_H
#define LATHE_PROFILE_KEYS_H

#include "profile.h"

typedef enum {
	SECTION_PROFILE,
	SECTION_GUEST,
	SECTION_MEASURE,
	SECTION_STAGE
} ProfileSection;

typedef struct {
	ProfileSection section;
	const char *key;
	gboolean required;
	/* `stage` is NULL outside SECTION_STAGE. Nothing changes on failure. */
	gboolean (*set)(Profile *profile, ProfileStage *stage, const char *value,
			GError **error);
	/* Text that set() reads back, owned by the caller. */
	char *(*get)(const Profile *profile, const ProfileStage *stage);
} ProfileKey;

/* Ends in a row without key, in the order in which profile_format() writes. */
extern const ProfileKey profile_key_rows[];

const ProfileKey *profile_key_find(ProfileSection section, const char *key);

/* " (did you mean 'KEY'?)" for the nearest key of that section, or "". */
char *profile_key_hint(ProfileSection section, const char *key);

/* A word that becomes part of file names: [a-z0-9] first, then [a-z0-9._-], at most 32.
 */
gboolean profile_word_check(const char *word, const char *what, GError **error);

/* "max < 60us, avg <= 25us" and back. */
gboolean limits_parse(const char *text, GArray **ret, GError **error);
char *limits_format(const GArray *limits);

#endif
