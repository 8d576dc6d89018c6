/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ini.h"

#include <string.h>

/* The longest word that hints are looked for: the distance is quadratic. */
#define NEAREST_WORD_MAX 64

/* Levenshtein's distance, with two neighbours swapped counted as one step. */
static gsize distance(const char *a, const char *b)
{
	guint8 d[NEAREST_WORD_MAX + 1][NEAREST_WORD_MAX + 1];
	gsize n = strlen(a), m = strlen(b);

	for (gsize i = 0; i <= n; i++)
		d[i][0] = (guint8)i;
	for (gsize j = 0; j <= m; j++)
		d[0][j] = (guint8)j;
	for (gsize i = 1; i <= n; i++) {
		for (gsize j = 1; j <= m; j++) {
			guint8 change = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			d[i][j] = MIN(change, MIN(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = MIN(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[n][m];
}

const char *ini_nearest(const char *word, const char *const *candidates, gsize n)
{
	const char *nearest = NULL;
	gsize length = strlen(word);
	gsize best;

	if (length == 0 || length > NEAREST_WORD_MAX)
		return NULL;
	/* A third of the word may be wrong, and one letter always. */
	best = MAX(length / 3, 1) + 1;
	for (gsize i = 0; i < n; i++) {
		gsize steps;

		if (strlen(candidates[i]) > NEAREST_WORD_MAX)
			continue;
		steps = distance(word, candidates[i]);
		if (steps < best) {
			best = steps;
			nearest = candidates[i];
		}
	}
	return nearest;
}
