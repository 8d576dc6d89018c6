/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a bundle that passes, cut, swapped and edited: never PASS again. */
#include "tamper.h"

static void test_untouched_passes_as_stored(void **state)
{
	const Tamper *t = *state;
	g_auto(Rejudged) rejudged = {0};
	g_autofree char *reasons = NULL;

	assert_true(rejudge(t->directory, NULL, &rejudged, NULL));
	reasons = reasons_of(rejudged.run);
	if (rejudged.run->verdict.result != RESULT_PASS)
		fail_msg("the bundle does not pass: %s", reasons);
	assert_true(rejudged.stored);
	assert_int_equal(rejudged.stored_result, RESULT_PASS);
	assert_true(rejudged.same);
	assert_false(rejudged.other_rules);
}

static void test_cut(void **state)
{
	Tamper *t = *state;

	for (guint i = 0; i < t->files->len; i++) {
		const char *name = t->files->pdata[i];
		g_autofree char *path = g_build_filename(t->directory, name, NULL);
		g_auto(Saved) saved = save(t, name);

		for (gsize eighths = 0; eighths < 8; eighths++) {
			g_autofree char *what = g_strdup_printf("%s cut to %zu/8", name, eighths);

			put(t, name, saved.data, saved.length * eighths / 8);
			expect_seen(t, what);
		}
		assert_int_equal(g_remove(path), 0);
		expect_seen(t, name);
		put_back(t, &saved);
	}
	assert_true(t->tried >= 9 * t->files->len && t->files->len >= 4);
}

static void test_swapped(void **state)
{
	Tamper *t = *state;

	for (guint i = 0; i < t->files->len; i++) {
		for (guint j = 0; j < i; j++) {
			g_auto(Saved) a = save(t, t->files->pdata[i]);
			g_auto(Saved) b = save(t, t->files->pdata[j]);
			g_autofree char *what = g_strdup_printf("%s and %s", a.name, b.name);

			/* Two vCPUs may have seen the same. */
			if (a.length == b.length && memcmp(a.data, b.data, a.length) == 0)
				continue;
			put(t, a.name, b.data, b.length);
			put(t, b.name, a.data, a.length);
			expect_seen(t, what);
			put_back(t, &a);
			put_back(t, &b);
		}
	}
	assert_true(t->tried > 0);
}

/* Lines of the tool's JSON that no verdict rests on: when it ran is in run.json's own words
 * only, and what the guest was is read from its /proc, captured by the agent. */
static const char *const shown_lines[] = {"\"start_time\"", "\"end_time\"", "\"release\"",
					  "\"version\"", "\"machine\"", "\"nodename\"",
					  "\"file_version\"", "\"node\"",
					  /* at which cycle a sample overflowed: how many
					   * there are is checked */
					  "# Thread "};

static gboolean is_shown_only(const char *data, gsize at)
{
	const char *start = data + at, *end = strchrnul(data + at, '\n');
	g_autofree char *line = NULL;

	while (start > data && start[-1] != '\n')
		start--;
	line = g_strndup(start, (gsize)(end - start));
	for (gsize i = 0; i < G_N_ELEMENTS(shown_lines); i++)
		if (strstr(line, shown_lines[i]))
			return TRUE;
	return FALSE;
}

static GArray *digits_of(const Saved *saved)
{
	GArray *at = g_array_new(FALSE, FALSE, sizeof(gsize));

	for (gsize i = 0; i < saved->length; i++)
		if (g_ascii_isdigit(saved->data[i]) && !is_shown_only(saved->data, i))
			g_array_append_val(at, i);
	return at;
}

static void test_raw_numbers_edited(void **state)
{
	Tamper *t = *state;

	for (guint i = 0; i < t->files->len; i++) {
		const char *name = t->files->pdata[i];
		g_auto(Saved) saved = save(t, name);
		g_autoptr(GArray) digits = digits_of(&saved);
		guint step = MAX(1, digits->len / t->effort->edits);

		if (strcmp(name, "run.json") == 0)
			continue; /* value by value below */
		assert_true(digits->len > 0);
		for (guint k = 0; k < digits->len; k += step) {
			gsize at = g_array_index(digits, gsize, k);
			g_autofree char *edited = g_memdup2(saved.data, saved.length);
			g_autofree char *what = g_strdup_printf("%s, digit at %zu", name, at);

			edited[at] = edited[at] == '9' ? '1' : (char)(edited[at] + 1);
			put(t, name, edited, saved.length);
			expect_seen(t, what);
		}
		put_back(t, &saved);
	}
	assert_true(t->tried > t->files->len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_untouched_passes_as_stored, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_swapped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_raw_numbers_edited, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
