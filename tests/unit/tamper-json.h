/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A walk over run.json in a bundle that passes, one change at a time. */
#ifndef LATHE_TEST_TAMPER_JSON_H
#define LATHE_TEST_TAMPER_JSON_H

#include "tamper.h"

typedef struct {
	Tamper *t;
	json_t *root;
	GString *path;
	guint holes; /* what was not seen, each printed */
	guint leaves;
	gpointer own; /* the visitor's */
} Walk;

static inline gboolean passes_with(Walk *walk)
{
	char *text = json_dumps(walk->root, JSON_INDENT(2));

	put(walk->t, "run.json", text, strlen(text));
	free(text);
	remake_sums(walk->t->directory, walk->t->sums);
	return judge(walk->t->directory, NULL) == RESULT_PASS;
}

static inline void hole(Walk *walk, const char *path, const char *what, const char *value)
{
	g_printerr("# %s %s %s\n", path, what, value);
	walk->holes++;
}

/* How many elements of the array at walk->path are tried. */
static inline size_t elements_tried(const Walk *walk, const json_t *array)
{
	size_t n = json_array_size(array);

	const char *path = walk->path->str;
	gboolean many = (g_str_has_prefix(path, "findings") && !strchr(path, '.')) ||
			g_str_has_prefix(path, "tuning.rows");

	return many ? MIN(n, walk->t->effort->findings) : n;
}

/* Calls `visit` with run.json; what it leaves of the bundle is put back. */
static inline void with_run_json(Tamper *t, void (*visit)(Walk *walk))
{
	g_auto(Saved) saved = save(t, "run.json");
	g_auto(Saved) sums = save(t, BUNDLE_SUMS);
	Walk walk = {.t = t, .path = g_string_new(NULL)};

	walk.root = json_loadb(saved.data, saved.length, 0, NULL);
	assert_non_null(walk.root);
	visit(&walk);
	assert_int_equal(walk.holes, 0);
	json_decref(walk.root);
	g_string_free(walk.path, TRUE);
	put_back(t, &saved);
	put_back(t, &sums);
}

#endif
