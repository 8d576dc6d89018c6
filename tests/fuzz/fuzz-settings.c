/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line with a key, and any text as a configuration file in which it is looked for. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gboolean claim)
{
	if (!claim)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char untouched[] = "untouched";
	g_autofree char *whole = g_strndup((const char *)data, size);
	char *newline = strchr(whole, '\n');
	const char *text = newline ? newline + 1 : "";
	char *value = untouched;

	if (newline)
		*newline = '\0';
	if (!settings_find(text, whole, &value)) {
		check(value == untouched);
		return 0;
	}
	check(value != untouched);
	if (value) {
		check(strstr(text, value) != NULL);
		check(!strchr(value, '\n'));
		check(!g_ascii_isspace(*value));
		check(!*value || !g_ascii_isspace(value[strlen(value) - 1]));
		if (*whole)
			check(strstr(text, whole) != NULL);
	}
	g_free(value);
	return 0;
}
