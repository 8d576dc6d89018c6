/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "words.h"

#include <string.h>

gboolean words_contain(const char *text, const char *separators, const char *word)
{
	gsize wanted = strlen(word);

	if (!text || wanted == 0)
		return FALSE;
	while (*text) {
		gsize length = strcspn(text, separators);

		if (length == wanted && strncmp(text, word, length) == 0)
			return TRUE;
		text += length;
		text += strspn(text, separators);
	}
	return FALSE;
}
