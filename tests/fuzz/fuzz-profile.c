/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdint.h>
#include <string.h>

#include "profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is accepted is written in a form that reads back as the same profile. */
static void check_round_trip(const Profile *profile)
{
	g_autofree char *once = profile_format(profile);
	g_autoptr(GError) error = NULL;
	g_autoptr(Profile) back = profile_parse(once, strlen(once), "fuzz.ini", &error);
	g_autofree char *twice = NULL;

	if (!back)
		g_error("%s\n%s", error->message, once);
	twice = profile_format(back);
	/* What was overridden is a comment, and comments are not read. */
	g_assert_true(profile->overrides->len > 0 || strcmp(once, twice) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Profile) profile =
		profile_parse((const char *)data, size, "fuzz.ini", &error);
	g_autofree char *value = NULL;

	g_assert((profile == NULL) == (error != NULL));
	if (!profile)
		return 0;
	check_round_trip(profile);
	/* The file's own bytes as values for every key. */
	value = g_strndup((const char *)data, size);
	for (const char *const *key = profile_keys; *key; key++)
		profile_override(profile, *key, value, NULL);
	profile_override(profile, "cmdline", ((ProfileStage *)profile->stages->pdata[0])->name, NULL);
	check_round_trip(profile);
	return 0;
}
