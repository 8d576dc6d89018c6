/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "bundle_files.h"
#include "bundle_fixture.h"
#include "error.h"
#include "rejudge.h"
#include "remove_tree.h"
#include "verdict.h"

static void write_sums(const Fixture *f)
{
	g_autoptr(GPtrArray) names = bundle_list(f->directory, NULL);
	g_autoptr(GString) sums = g_string_new(NULL);

	for (guint i = 0; i < names->len; i++) {
		g_autofree char *sum = bundle_sha256(f->directory, names->pdata[i], NULL);

		if (strcmp(names->pdata[i], BUNDLE_SUMS) != 0)
			bundle_sums_append(sums, sum, names->pdata[i]);
	}
	fixture_write(f, BUNDLE_SUMS, sums->str);
}

static void write_run(const Fixture *f)
{
	g_autofree char *json = run_to_json(f->run);

	fixture_write(f, "run.json", json);
	write_sums(f);
}

/* A finished bundle: judged, with run.json and sums. */
static Fixture *finished(void)
{
	Fixture *f = fixture_new();

	fixture_findings(f);
	verdict_judge(f->directory, f->profile, f->run);
	write_run(f);
	return f;
}

static void expect(const Fixture *f, const Profile *other, Result result, const char *reason)
{
	g_auto(Rejudged) rejudged = {0};
	const RunVerdict *verdict;

	assert_true(rejudge(f->directory, other, &rejudged, NULL));
	verdict = &rejudged.run->verdict;
	assert_int_equal(verdict->result, result);
	if (reason) {
		assert_true(verdict->reasons->len > 0);
		assert_non_null(strstr(verdict->reasons->pdata[0], reason));
	} else {
		assert_int_equal(verdict->reasons->len, 0);
	}
}

static void test_untouched(void **state)
{
	Fixture *f = finished();
	g_auto(Rejudged) rejudged = {0};

	(void)state;
	assert_true(rejudge(f->directory, NULL, &rejudged, NULL));
	assert_int_equal(rejudged.run->verdict.result, RESULT_PASS);
	assert_true(rejudged.same && rejudged.stored && !rejudged.other_rules);
	fixture_free(f);
}

static void test_stored_fail_is_the_same(void **state)
{
	Fixture *f = fixture_new();
	g_auto(Rejudged) rejudged = {0};
	g_autofree char *text = NULL;

	(void)state;
	assert_true(profile_override(f->profile, "limit", "max < 20us", NULL));
	text = profile_format(f->profile);
	fixture_write(f, "profile.ini", text);
	g_free(f->run->profile.sha256);
	f->run->profile.sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
	fixture_findings(f);
	verdict_judge(f->directory, f->profile, f->run);
	write_run(f);
	assert_true(rejudge(f->directory, NULL, &rejudged, NULL));
	assert_int_equal(rejudged.run->verdict.result, RESULT_FAIL);
	assert_true(rejudged.same);
	fixture_free(f);
}

/* A run that ended before its VM was there, judged again where somebody has put the bundle. */
static void test_early_end_is_the_same_elsewhere(void **state)
{
	Fixture *f = fixture_new();
	g_autofree char *elsewhere = g_strconcat(f->directory, ".moved", NULL);
	g_autofree char *guest = g_build_filename(f->directory, TREE_GUEST, NULL);
	g_auto(Rejudged) rejudged = {0};

	(void)state;
	f->run->interrupted = g_strdup("SIGTERM");
	g_clear_pointer(&fixture_vm(f)->guest.realtime, g_free);
	fixture_remove(f, "vm/qemu.argv");
	fixture_remove(f, TREE_VM COMPLETE);
	remove_tree(guest);
	fixture_findings(f);
	verdict_judge(f->directory, f->profile, f->run);
	write_run(f);
	assert_int_equal(g_rename(f->directory, elsewhere), 0);
	fixture_set(&f->directory, elsewhere);
	assert_true(rejudge(f->directory, NULL, &rejudged, NULL));
	assert_int_equal(rejudged.run->verdict.result, RESULT_INCONCLUSIVE);
	assert_true(rejudged.same);
	for (guint i = 0; i < rejudged.run->verdict.reasons->len; i++)
		assert_null(strstr(rejudged.run->verdict.reasons->pdata[i], elsewhere));
	fixture_free(f);
}

static void test_stored_verdict_is_not_believed(void **state)
{
	Fixture *f = finished();
	RunLimit *limit = f->run->verdict.limits->pdata[0];

	(void)state;
	f->run->verdict.result = RESULT_FAIL;
	write_run(f);
	expect(f, NULL, RESULT_INCONCLUSIVE, "the run's own verdict was FAIL");
	f->run->verdict.result = RESULT_PASS;
	limit->value_ns--;
	write_run(f);
	expect(f, NULL, RESULT_INCONCLUSIVE, "the limits and values of the run's own verdict");
	limit->value_ns++;
	write_run(f);
	expect(f, NULL, RESULT_PASS, NULL);
	/* PASS in run.json, and evidence that says otherwise. */
	f->run->interrupted = g_strdup("SIGTERM");
	write_run(f);
	expect(f, NULL, RESULT_INCONCLUSIVE, "the run did not reach its end: SIGTERM");
	fixture_free(f);
}

static void test_not_as_the_run_left_it(void **state)
{
	Fixture *f = finished();

	(void)state;
	fixture_write(f, "guest/console.log", "added");
	expect(f, NULL, RESULT_INCONCLUSIVE, "guest/console.log: not listed in SHA256SUMS");
	fixture_remove(f, "guest/console.log");
	fixture_remove(f, BUNDLE_SUMS);
	expect(f, NULL, RESULT_INCONCLUSIVE, "the bundle is not as the run left it");
	write_sums(f);
	fixture_write(f, "run.json", "{}");
	write_sums(f);
	expect(f, NULL, RESULT_INCONCLUSIVE, "run.json");
	write_run(f);
	fixture_write(f, "profile.ini", "[profile]\nname = strict\nlimit = none\n");
	write_sums(f);
	expect(f, NULL, RESULT_INCONCLUSIVE, "the profile in force: ");
	fixture_free(f);
}

static void test_other_profile(void **state)
{
	Fixture *f = finished();
	g_autoptr(GString) text = g_string_new(FIXTURE_PROFILE);
	g_autoptr(Profile) same = NULL, looser = NULL, tighter = NULL;
	g_auto(Rejudged) rejudged = {0};

	(void)state;
	same = profile_parse(text->str, text->len, "same.ini", NULL);
	g_string_replace(text, "name = strict", "name = looser", 0);
	g_string_replace(text, "max < 60us", "max < 90us", 0);
	looser = profile_parse(text->str, text->len, "looser.ini", NULL);
	g_string_replace(text, "max < 90us", "max < 20us", 0);
	tighter = profile_parse(text->str, text->len, "tighter.ini", NULL);
	assert_true(same && looser && tighter);
	expect(f, same, RESULT_PASS, NULL);
	expect(f, tighter, RESULT_FAIL, "limit broken");
	assert_true(rejudge(f->directory, looser, &rejudged, NULL));
	assert_int_equal(rejudged.run->verdict.result, RESULT_PASS);
	assert_true(rejudged.other_rules && !rejudged.same);
	/* The fixture's host is not one that was tuned. */
	assert_int_equal(rejudged.run->verdict.labels->len, 2);
	assert_string_equal(rejudged.run->verdict.labels->pdata[0], "findings not judged");
	assert_string_equal(rejudged.run->verdict.labels->pdata[1],
			    "judged under a profile chosen after the run");
	fixture_free(f);
}

static void test_no_bundle(void **state)
{
	char *directory = tree_new();
	g_autoptr(GError) error = NULL;
	Rejudged rejudged = {.stored = TRUE};

	(void)state;
	assert_false(rejudge(directory, NULL, &rejudged, &error));
	assert_non_null(strstr(error->message, "not a bundle"));
	g_clear_error(&error);
	tree_free(directory);
	assert_false(rejudge("/nonexistent/bundle", NULL, &rejudged, &error));
	assert_string_equal(error->message, "/nonexistent/bundle: no such directory");
	assert_true(rejudged.stored && !rejudged.run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_untouched),
		cmocka_unit_test(test_stored_fail_is_the_same),
		cmocka_unit_test(test_early_end_is_the_same_elsewhere),
		cmocka_unit_test(test_stored_verdict_is_not_believed),
		cmocka_unit_test(test_not_as_the_run_left_it),
		cmocka_unit_test(test_other_profile),
		cmocka_unit_test(test_no_bundle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
