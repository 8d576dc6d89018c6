/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A journal that was torn, cut, changed, or written elsewhere. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "error.h"
#include "journal.h"
#include "tune-fixture.h"

#define ALL G_N_ELEMENTS(tune_files)

typedef struct {
	TuneFixture *fixture;
	char *path;
	char *text; /* of the journal after everything was applied */
	gsize length;
} Damage;

static Damage damage_new(void)
{
	Damage damage = {.fixture = tune_fixture_new()};
	g_autoptr(GPtrArray) made = tuned_new_array();

	assert_true(tune_fixture_apply(damage.fixture, made, NULL));
	damage.path = g_build_filename(damage.fixture->state, "journal", NULL);
	assert_true(g_file_get_contents(damage.path, &damage.text, &damage.length, NULL));
	return damage;
}

static void damage_free(Damage *damage)
{
	tune_fixture_free(damage->fixture);
	g_free(damage->path);
	g_free(damage->text);
}

/* All files as after tune_fixture_apply(), and a journal of these bytes. */
static void reset(Damage *damage, const char *text, gsize length)
{
	for (guint i = 0; i < ALL; i++)
		tree_write(damage->fixture->tree, tune_files[i].path, tune_files[i].then);
	tree_write_bytes(damage->fixture->state, "journal", text, (gssize)length);
}

/* Restores; returns how many files hold what they held first. Each of them is one that an outcome
 * names, and nothing but a first value was written. */
static guint restore_and_count(Damage *damage, GError **error)
{
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	guint n_restored = 0;
	gboolean ok = tune_restore(&damage->fixture->tune, outcomes, NULL, NULL, error);

	for (guint i = 0; i < outcomes->len; i++)
		n_restored += ((Tuned *)outcomes->pdata[i])->state == TUNED_RESTORED;
	assert_int_equal(tune_count(damage->fixture, FALSE), n_restored);
	assert_true(ok || n_restored == 0);
	return n_restored;
}

/* Cut anywhere, what is whole is put back; the file goes, or an error says why not. */
static void test_cut_anywhere(void **state)
{
	Damage damage = damage_new();
	guint most = 0;

	(void)state;
	for (gsize length = 0; length <= damage.length; length++) {
		guint n;

		reset(&damage, damage.text, length);
		n = restore_and_count(&damage, NULL);
		assert_false(g_file_test(damage.path, G_FILE_TEST_EXISTS));
		assert_true(n >= most);
		most = n;
	}
	assert_int_equal(most, ALL);
	damage_free(&damage);
}

/* A bit changed anywhere: never a value that nobody announced, never silence. */
static void test_a_bit_changed_anywhere(void **state)
{
	Damage damage = damage_new();

	(void)state;
	for (gsize i = 0; i < damage.length; i++) {
		g_autofree char *text = g_memdup2(damage.text, damage.length);
		g_autofree char *aside = g_strconcat(damage.path, ".damaged", NULL);
		g_autoptr(GError) error = NULL;
		gboolean kept;

		g_unlink(aside);
		text[i] = (char)(text[i] ^ (1 << (i % 8)));
		reset(&damage, text, damage.length);
		restore_and_count(&damage, &error);
		kept = g_file_test(aside, G_FILE_TEST_EXISTS) ||
		       g_file_test(damage.path, G_FILE_TEST_EXISTS);
		/* The last newline alone makes the last record a torn one. */
		assert_true(kept || i == damage.length - 1);
	}
	damage_free(&damage);
}

static char *without_line(const char *text, guint number)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GString) rest = g_string_new(NULL);

	for (guint i = 0; lines[i] && lines[i][0]; i++)
		if (i != number)
			g_string_append_printf(rest, "%s\n", lines[i]);
	return g_string_free(g_steal_pointer(&rest), FALSE);
}

/* A line that is missing in the middle is noticed by what is around it. */
static void test_a_line_taken_out(void **state)
{
	Damage damage = damage_new();
	guint n_lines = 2 + 2 * ALL;

	(void)state;
	for (guint i = 1; i < n_lines - 1; i++) {
		g_autofree char *text = without_line(damage.text, i);
		g_auto(JournalHost) host = {NULL, NULL};
		g_autoptr(Journal) journal = NULL;

		journal_host_read(damage.fixture->root, &host);
		journal = journal_parse(text, strlen(text), &host, NULL);
		assert_non_null(journal);
		/* What was read back may be missing: then it is as after a crash. */
		assert_true(journal->doubts->len > 0 || journal->entries->len == ALL);
	}
	damage_free(&damage);
}

static void expect_refused(Damage *damage, const char *why)
{
	g_autoptr(GError) error = NULL;

	assert_int_equal(restore_and_count(damage, &error), 0);
	assert_non_null(error);
	assert_non_null(strstr(error->message, why));
	assert_non_null(lathe_error_get_hint(error));
	assert_true(g_file_test(damage->path, G_FILE_TEST_EXISTS));
}

static void test_of_another_machine(void **state)
{
	Damage damage = damage_new();

	(void)state;
	tree_write(damage.fixture->tree, "etc/machine-id", "fedcba9876543210\n");
	expect_refused(&damage, "another machine");
	/* Without an id only the same boot is known to be the same machine. */
	tree_write(damage.fixture->tree, "etc/machine-id", "\n");
	expect_refused(&damage, "another machine");
	damage_free(&damage);
}

static void test_of_another_version(void **state)
{
	static const char *const record =
		"{\"record\":\"begin\",\"version\":2,\"machine\":"
		"\"0123456789abcdef0123456789abcdef\",\"boot\":\"boot-1\",\"by\":\"\","
		"\"cpus\":\"1\"}";
	Damage damage = damage_new();
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, record, -1);
	g_autofree char *text = g_strdup_printf("%.16s %s\n", sum, record);

	(void)state;
	reset(&damage, text, strlen(text));
	expect_refused(&damage, "another version");
	reset(&damage, "hello\n", 6);
	expect_refused(&damage, "begins with something else");
	/* No line at all is not always one that was torn. */
	reset(&damage, "hello", 5);
	expect_refused(&damage, "begins with something else");
	reset(&damage, "\0\0\0", 3);
	expect_refused(&damage, "begins with something else");
	reset(&damage, "0123456789abcdef hello", 22);
	expect_refused(&damage, "begins with something else");
	damage_free(&damage);
}

/* A damaged journal is put back before anything new is changed. */
static void test_nothing_is_applied_on_damage(void **state)
{
	Damage damage = damage_new();
	g_autofree char *text = without_line(damage.text, 1);
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(GError) error = NULL;

	(void)state;
	reset(&damage, text, strlen(text));
	assert_false(tune_fixture_apply(damage.fixture, outcomes, &error));
	assert_non_null(strstr(lathe_error_get_hint(error), "lathe tune restore"));
	damage_free(&damage);
}

/* No link is followed to where a journal would be written. */
static void test_a_link_in_its_place(void **state)
{
	TuneFixture *fixture = tune_fixture_new();
	g_autofree char *path = g_build_filename(fixture->state, "journal", NULL);
	g_autofree char *victim = g_build_filename(fixture->state, "victim", NULL);
	g_autoptr(GPtrArray) outcomes = tuned_new_array();

	(void)state;
	assert_int_equal(symlink(victim, path), 0);
	assert_false(tune_fixture_apply(fixture, outcomes, NULL));
	assert_false(g_file_test(victim, G_FILE_TEST_EXISTS));
	assert_int_equal(tune_count(fixture, FALSE), ALL);
	tune_fixture_free(fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_a_bit_changed_anywhere),
		cmocka_unit_test(test_a_line_taken_out),
		cmocka_unit_test(test_of_another_machine),
		cmocka_unit_test(test_of_another_version),
		cmocka_unit_test(test_nothing_is_applied_on_damage),
		cmocka_unit_test(test_a_link_in_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
