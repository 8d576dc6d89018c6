/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bundle that passes, to be tampered with file by file and value by value: never PASS again.
 * Once with SHA256SUMS as the run left it, and once with the sums remade, so that each check
 * stands on its own. LATHE_TEST_BUNDLE names a real passing bundle to do it to; without it, the
 * fixture's.
 */
#ifndef LATHE_TEST_TAMPER_H
#define LATHE_TEST_TAMPER_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>

#include "bundle_files.h"
#include "bundle_fixture.h"
#include "rejudge.h"
#include "verdict.h"

/* Every how many-th value of run.json is changed, and part of it dropped. The fixture's are all
 * tried. A sanitizer looks for other faults, and the changes all take the same path; a real
 * bundle has the trees of a whole machine, which are judged each time. */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 5
#else
#define STRIDE 1
#endif

/* How much is tried. A real bundle has a thousand files, and takes ten times as long to judge. */
typedef struct {
	guint edits; /* numbers changed in a raw file, evenly spread over it */
	/* There are hundreds of findings, and each is compared with what the captured tree
	 * shows in the same way: the first few stand for all. */
	guint findings;
	guint stride; /* see STRIDE */
} Effort;

static const Effort for_fixture = {.edits = 30, .findings = 4, .stride = STRIDE};
static const Effort for_real = {.edits = 8, .findings = 1, .stride = 29};

typedef struct {
	char *directory;
	GPtrArray *files; /* raw/... and run.json */
	guint tried;
	const Effort *effort;
	GHashTable *sums; /* name -> SHA-256 of what was not tampered with */
} Tamper;

static inline gboolean is_tampered_with(const char *name)
{
	return g_str_has_prefix(name, "raw/") || strcmp(name, "run.json") == 0;
}

/* known: name -> SHA-256 of the files that nobody tampers with, filled here; or NULL. */
static inline void remake_sums(const char *directory, GHashTable *known)
{
	g_autoptr(GPtrArray) names = bundle_list(directory, NULL);
	g_autoptr(GString) sums = g_string_new(NULL);

	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		const char *sum = known ? g_hash_table_lookup(known, name) : NULL;
		g_autofree char *made = sum ? NULL : bundle_sha256(directory, name, NULL);

		if (strcmp(name, BUNDLE_SUMS) == 0)
			continue;
		bundle_sums_append(sums, sum ? sum : made, name);
		if (made && known && !is_tampered_with(name))
			g_hash_table_insert(known, g_strdup(name), g_steal_pointer(&made));
	}
	tree_write_bytes(directory, BUNDLE_SUMS, sums->str, (gssize)sums->len);
}

static inline char *reasons_of(const Run *run)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < run->verdict.reasons->len; i++)
		g_string_append_printf(text, "%s\n", (char *)run->verdict.reasons->pdata[i]);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static inline Result judge(const char *directory, char **ret_reasons)
{
	g_auto(Rejudged) rejudged = {0};
	g_autoptr(GError) error = NULL;

	if (!rejudge(directory, NULL, &rejudged, &error))
		fail_msg("%s", error->message);
	if (ret_reasons)
		*ret_reasons = reasons_of(rejudged.run);
	return rejudged.run->verdict.result;
}

typedef struct {
	char *name, *data;
	gsize length;
} Saved;

static inline Saved save(const Tamper *t, const char *name)
{
	g_autofree char *path = g_build_filename(t->directory, name, NULL);
	Saved saved = {.name = g_strdup(name)};

	assert_true(g_file_get_contents(path, &saved.data, &saved.length, NULL));
	return saved;
}

static inline void saved_clear(Saved *saved)
{
	g_free(saved->name);
	g_free(saved->data);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Saved, saved_clear)

static inline void put(const Tamper *t, const char *name, const char *data, gsize length)
{
	tree_write_bytes(t->directory, name, data, (gssize)length);
}

static inline void put_back(const Tamper *t, const Saved *saved)
{
	put(t, saved->name, saved->data, saved->length);
}

/* What was done to the copy must be seen: by its checksum, and without that by what it says. */
static inline void expect_seen(Tamper *t, const char *what)
{
	g_auto(Saved) sums = save(t, BUNDLE_SUMS);
	g_autofree char *reasons = NULL;

	t->tried++;
	assert_int_equal(judge(t->directory, &reasons), RESULT_INCONCLUSIVE);
	if (!strstr(reasons, "the bundle is not as the run left it"))
		fail_msg("%s: the checksum did not show: %s", what, reasons);
	remake_sums(t->directory, t->sums);
	if (judge(t->directory, NULL) == RESULT_PASS)
		fail_msg("%s: PASS with the sums remade", what);
	put_back(t, &sums);
}

/* The fixture's bundle as a run would leave it; `spoil` may be NULL. */
static inline char *new_fixture_bundle(void (*spoil)(Run *run))
{
	Fixture *f = fixture_new();
	char *directory = g_steal_pointer(&f->directory);
	g_autofree char *json = NULL;

	f->directory = directory;
	fixture_findings(f);
	if (spoil)
		spoil(f->run);
	verdict_judge(directory, f->profile, f->run);
	json = run_to_json(f->run);
	tree_write(directory, "run.json", json);
	remake_sums(directory, NULL);
	run_free(f->run);
	profile_free(f->profile);
	g_free(f);
	return directory;
}

static inline char *copy_bundle(const char *from)
{
	g_autoptr(GPtrArray) names = bundle_list(from, NULL);
	char *directory = tree_new();

	assert_non_null(names);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path = g_build_filename(from, names->pdata[i], NULL);
		g_autofree char *data = NULL;
		gsize length;

		assert_true(g_file_get_contents(path, &data, &length, NULL));
		tree_write_bytes(directory, names->pdata[i], data, (gssize)length);
	}
	return directory;
}

static inline int set_up(void **state)
{
	const char *real = g_getenv("LATHE_TEST_BUNDLE");
	Tamper *t = g_new0(Tamper, 1);
	g_autoptr(GPtrArray) names = NULL;

	t->directory = real ? copy_bundle(real) : new_fixture_bundle(NULL);
	t->effort = real ? &for_real : &for_fixture;
	t->files = g_ptr_array_new_with_free_func(g_free);
	t->sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	names = bundle_list(t->directory, NULL);
	for (guint i = 0; i < names->len; i++)
		if (is_tampered_with(names->pdata[i]))
			g_ptr_array_add(t->files, g_strdup(names->pdata[i]));
	*state = t;
	return 0;
}

static inline int tear_down(void **state)
{
	Tamper *t = *state;

	g_ptr_array_unref(t->files);
	g_hash_table_unref(t->sums);
	tree_free(t->directory);
	g_free(t);
	return 0;
}

#endif
