/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every file below golden/cyclictest through the reader of its kind, in one normalised
 * dump that equals golden/cyclictest/EXPECTED.txt. UPDATE_GOLDEN=1 rewrites that file;
 * its diff is to be reviewed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <glib.h>

#include "cyclictest.h"

static char *golden(const char *name)
{
	const char *tests = g_getenv("TESTS");

	if (!tests)
		fail_msg("TESTS must hold the path of the tests directory");
	return g_build_filename(tests, "golden", "cyclictest", name, NULL);
}

static CyclictestResult *parse(const char *name, GError **error)
{
	g_autofree char *path = golden(name);
	g_autofree char *text = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, NULL))
		fail_msg("cannot read %s", path);
	if (g_str_has_suffix(name, ".json"))
		return cyclictest_parse_json(text, length, error);
	return cyclictest_parse_text(text, length, strstr(name, "nsecs") ? 1 : 1000,
				     error);
}

/* Names relative to `name`, of files in it and one level below, sorted. */
static void list(const char *name, GPtrArray *names)
{
	g_autofree char *path = golden(name);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *entry;

	assert_non_null(dir);
	while ((entry = g_dir_read_name(dir))) {
		g_autofree char *child = *name ? g_build_filename(name, entry, NULL)
					       : g_strdup(entry);
		g_autofree char *child_path = golden(child);

		if (g_file_test(child_path, G_FILE_TEST_IS_DIR))
			list(child, names);
		else if (strcmp(child, "EXPECTED.txt") != 0)
			g_ptr_array_add(names, g_steal_pointer(&child));
	}
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The checksum is that of the rows as "BUCKET COUNT\n" lines. */
static void dump_histogram(GString *out, const Histogram *histogram)
{
	g_autoptr(GString) rows = g_string_new(NULL);
	g_autofree char *sum = NULL;
	HistogramCursor cursor;
	HistogramRow row;

	if (!histogram) {
		g_string_append(out, " no histogram\n");
		return;
	}
	cursor = histogram_rows(histogram);
	while (histogram_next(&cursor, &row))
		g_string_append_printf(rows, "%u %" G_GUINT64_FORMAT "\n", row.bucket,
				       row.count);
	sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, rows->str,
					    (gssize)rows->len);
	g_string_append_printf(out,
			       " total %" G_GUINT64_FORMAT " overflow %" G_GUINT64_FORMAT
			       " cells %u of %" G_GUINT64_FORMAT
			       " ns rows %u sha256 %s\n",
			       histogram->total, histogram->overflow, histogram->buckets,
			       histogram->bucket_ns, histogram->n_rows, sum);
}

static void dump_thread(GString *out, const CyclictestThread *thread)
{
	g_string_append_printf(out, "thread %u:", thread->thread);
	if (thread->cpu_known)
		g_string_append_printf(out, " cpu %u", thread->cpu);
	if (thread->samples_known)
		g_string_append_printf(out, " samples %" G_GUINT64_FORMAT,
				       thread->samples);
	if (thread->max_known)
		g_string_append_printf(out,
				       " min %" G_GINT64_FORMAT " avg %" G_GINT64_FORMAT
				       " max %" G_GINT64_FORMAT " ns",
				       thread->min_ns, thread->avg_ns, thread->max_ns);
	dump_histogram(out, thread->histogram);
}

static void dump(GString *out, const char *name)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(CyclictestResult) result = parse(name, &error);

	g_string_append_printf(out, "== %s\n", name);
	if (!result) {
		assert_non_null(error);
		g_string_append_printf(out, "error: %s\n", error->message);
		return;
	}
	assert_null(error);
	if (result->version)
		g_string_append_printf(out, "version %s\n", result->version);
	if (result->cmdline)
		g_string_append_printf(out, "cmdline %s\n", result->cmdline);
	if (result->return_code_known)
		g_string_append_printf(out, "return code %d\n", result->return_code);
	for (guint i = 0; i < result->threads->len; i++)
		dump_thread(out, g_ptr_array_index(result->threads, i));
}

static void assert_same_lines(const char *seen, const char *expected)
{
	g_auto(GStrv) a = g_strsplit(seen, "\n", -1);
	g_auto(GStrv) b = g_strsplit(expected, "\n", -1);

	for (guint i = 0; a[i] || b[i]; i++)
		if (!a[i] || !b[i] || strcmp(a[i], b[i]) != 0)
			fail_msg("EXPECTED.txt, line %u:\n- %s\n+ %s", i + 1,
				 b[i] ? b[i] : "(end)", a[i] ? a[i] : "(end)");
}

static void all_files(void **state)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *path = golden("EXPECTED.txt");
	g_autofree char *expected = NULL;

	(void)state;
	list("", names);
	g_ptr_array_sort(names, by_name);
	assert_true(names->len > 60);
	for (guint i = 0; i < names->len; i++)
		dump(out, g_ptr_array_index(names, i));
	if (g_getenv("UPDATE_GOLDEN"))
		assert_true(g_file_set_contents(path, out->str, (gssize)out->len, NULL));
	assert_true(g_file_get_contents(path, &expected, NULL, NULL));
	assert_same_lines(out->str, expected);
}

/* What one run wrote as text and as JSON. */
static const char *const pairs[][2] = {
	{"debian-2.4/json-h.out", "debian-2.4/json-h.json"},
	{"debian-2.4/json-H.out", "debian-2.4/json-H.json"},
	{"debian-2.4/breaktrace-h-json.out", "debian-2.4/breaktrace-h-json.json"},
	{"pairs/1t.hist", "pairs/1t.json"},
	{"pairs/2t.hist", "pairs/2t.json"},
	{"pairs/2t-H.hist", "pairs/2t-H.json"},
	{"pairs/2t-overflow.hist", "pairs/2t-overflow.json"},
	{"pairs/2t-all-overflow.hist", "pairs/2t-all-overflow.json"},
};

static void pairs_agree(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(CyclictestResult) text = parse(pairs[i][0], &error);
		g_autoptr(CyclictestResult) json = parse(pairs[i][1], &error);

		assert_non_null(text);
		assert_non_null(json);
		if (!cyclictest_agree(text, json, &error) ||
		    !cyclictest_agree(json, text, &error))
			fail_msg("%s: %s", pairs[i][0], error->message);
	}
}

static void other_runs_do_not_agree(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(CyclictestResult) text = parse("debian-2.4/json-h.out", &error);
	g_autoptr(CyclictestResult) json = parse("debian-2.4/json-H.json", &error);
	g_autoptr(CyclictestResult) other = parse("debian-2.4/h-4t.out", &error);

	(void)state;
	assert_non_null(text);
	assert_non_null(json);
	assert_non_null(other);
	assert_false(cyclictest_agree(text, json, &error));
	assert_string_equal(error->message, "threads: 4 and 2");
	g_clear_error(&error);
	assert_false(cyclictest_agree(text, other, &error));
	assert_string_equal(error->message, "thread 0: min: 16 and 10");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_files),
		cmocka_unit_test(pairs_agree),
		cmocka_unit_test(other_runs_do_not_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
