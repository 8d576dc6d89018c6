/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "error.h"
#include "tree.h"

static Bundle *new_bundle(const char *tree)
{
	g_autofree char *parent = g_build_filename(tree, "a", "lathe-runs", NULL);
	g_autoptr(GError) error = NULL;
	Bundle *bundle = bundle_create(parent, "host", "smoke", &error);

	if (!bundle)
		fail_msg("%s", error->message);
	return bundle;
}

static void must_write(Bundle *bundle, const char *name, const char *text)
{
	g_autoptr(GError) error = NULL;

	if (!bundle_write(bundle, name, text, strlen(text), &error))
		fail_msg("%s", error->message);
}

/* A finished bundle with a few files; the caller owns the path. */
static char *finished(const char *tree)
{
	g_autoptr(Bundle) bundle = new_bundle(tree);
	g_autoptr(Run) run = run_new();
	g_autofree char *json = run_to_json(run);
	g_autoptr(GError) error = NULL;

	must_write(bundle, "run.json", json);
	must_write(bundle, "raw/loaded/vcpu1.hist", "# bucket_ns 1000\n");
	must_write(bundle, "raw/loaded/empty", "");
	if (!bundle_finish(bundle, &error))
		fail_msg("%s", error->message);
	return g_strdup(bundle_path(bundle));
}

static void test_life(void **state)
{
	char *tree = tree_new();
	g_autoptr(Bundle) bundle = new_bundle(tree);
	g_autofree char *partial = g_strdup(bundle_path(bundle));
	g_autofree char *file = NULL, *text = NULL, *base = NULL;
	g_autoptr(GError) error = NULL;
	gsize length;

	(void)state;
	assert_true(g_str_has_suffix(partial, "-host-smoke.partial"));
	base = g_path_get_basename(partial);
	assert_true(g_pattern_match_simple("????????T??????Z-host-smoke.partial", base));
	must_write(bundle, "raw/x", "old");
	must_write(bundle, "raw/x", "new");
	file = bundle_file(bundle, "deep/er/file", &error);
	assert_non_null(file);
	assert_true(g_file_set_contents(file, "by hand", -1, NULL));
	assert_true(bundle_finish(bundle, &error));
	assert_false(g_file_test(partial, G_FILE_TEST_EXISTS));
	assert_false(g_str_has_suffix(bundle_path(bundle), ".partial"));
	assert_true(bundle_verify(bundle_path(bundle), &error));
	assert_true(bundle_read_file(bundle_path(bundle), "raw/x", &text, &length, &error));
	assert_string_equal(text, "new");
	assert_int_equal(length, 3);
	tree_free(tree);
}

/* sha256sum(1) reads what we write, whatever the names. */
static void test_sha256sum_agrees(void **state)
{
	char *tree = tree_new();
	g_autoptr(Bundle) bundle = new_bundle(tree);
	const char *argv[] = {"sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS", NULL};
	g_autofree char *errors = NULL, *sums = NULL;
	gsize length;
	int status;

	(void)state;
	must_write(bundle, "run.json", "{}");
	must_write(bundle, "raw/two words", "x");
	/* A captured tree holds whatever a guest calls its files. */
	tree_write(bundle_path(bundle), "guest/before/new\nline", "y");
	tree_write(bundle_path(bundle), "guest/before/back\\slash", "z");
	tree_write(bundle_path(bundle), "guest/before/\xff", "z");
	assert_true(bundle_finish(bundle, NULL));
	assert_true(g_spawn_sync(bundle_path(bundle), (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL,
				 NULL, NULL, &errors, &status, NULL));
	if (!g_spawn_check_wait_status(status, NULL))
		fail_msg("%s", errors);
	assert_true(bundle_verify(bundle_path(bundle), NULL));
	assert_true(bundle_read_file(bundle_path(bundle), "SHA256SUMS", &sums, &length, NULL));
	assert_non_null(strstr(sums, "  guest/before/new\\nline\n"));
	tree_free(tree);
}

static const struct {
	const char *name;
} hostile[] = {
	{""},	  {"/etc/passwd"}, {"../x"},	  {"a/../../x"}, {".."},     {"."},
	{"a//b"}, {"a/"},	   {"./a"},	  {"a/./b"},	 {"new\nline"}, {"\033[31m"},
	{"\xff"}, {"\xe2\x80\xae"},
};

static void test_hostile_names(void **state)
{
	char *tree = tree_new();
	g_autoptr(Bundle) bundle = new_bundle(tree);
	g_autofree char *component = g_strnfill(256, 'x');
	g_autofree char *deep = g_strnfill(2000, 'x');

	(void)state;
	for (gsize i = 0; i < strlen(deep); i += 2)
		deep[i + 1] = '/';
	deep[1999] = 'x';
	for (gsize i = 0; i < G_N_ELEMENTS(hostile) + 2; i++) {
		const char *name = i < G_N_ELEMENTS(hostile) ? hostile[i].name
				   : i == G_N_ELEMENTS(hostile) ? component : deep;
		g_autoptr(GError) error = NULL;
		char *text = (char *)"untouched";
		gsize length = 42;

		assert_null(bundle_file(bundle, name, &error));
		assert_non_null(strstr(error->message, "is not a name below a bundle"));
		assert_false(bundle_write(bundle, name, "x", 1, NULL));
		assert_false(bundle_read_file(bundle_path(bundle), name, &text, &length, NULL));
		assert_string_equal(text, "untouched");
		assert_int_equal(length, 42);
	}
	tree_free(tree);
}

/* Nothing but regular files is read, and no link is followed on the way. */
static void test_links_and_devices(void **state)
{
	char *tree = tree_new();
	g_autofree char *fifo = g_build_filename(tree, "fifo", NULL);
	static const struct {
		const char *name, *error;
	} rows[] = {
		{"link", "Too many levels of symbolic links"},
		{"inside", "Too many levels of symbolic links"},
		{"etc/hostname", "Not a directory"},
		{"dir", "not a regular file"},
		{"fifo", "not a regular file"},
		{"none", "No such file or directory"},
		{"file/below", "Not a directory"},
	};

	(void)state;
	tree_write(tree, "file", "x");
	tree_write(tree, "dir/file", "x");
	tree_link(tree, "link", "/etc/hostname");
	tree_link(tree, "inside", "file");
	tree_link(tree, "etc", "/etc");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		char *text = (char *)"untouched";
		gsize length;

		assert_false(bundle_read_file(tree, rows[i].name, &text, &length, &error));
		if (!strstr(error->message, rows[i].error))
			fail_msg("%s: %s", rows[i].name, error->message);
		assert_string_equal(text, "untouched");
		assert_null(bundle_sha256(tree, rows[i].name, NULL));
	}
	tree_free(tree);
}

static void test_too_large(void **state)
{
	char *tree = tree_new();
	g_autofree char *path = g_build_filename(tree, "big", NULL);
	g_autoptr(GError) error = NULL;
	char *text = NULL;
	gsize length;

	(void)state;
	tree_write(tree, "big", "");
	assert_int_equal(truncate(path, (256 << 20) + 1), 0);
	assert_false(bundle_read_file(tree, "big", &text, &length, &error));
	assert_non_null(strstr(error->message, "big: larger than 268435456 bytes"));
	tree_free(tree);
}

/* ---- verify ---- */

static void changed(const char *path)
{
	tree_write(path, "raw/loaded/vcpu1.hist", "# bucket_ns 1001\n");
}
static void added(const char *path)
{
	tree_write(path, "raw/loaded/vcpu9.hist", "x");
}
static void removed(const char *path)
{
	g_autofree char *file = g_build_filename(path, "raw/loaded/vcpu1.hist", NULL);

	assert_int_equal(g_remove(file), 0);
}
static void linked(const char *path)
{
	removed(path);
	tree_link(path, "raw/loaded/vcpu1.hist", "/etc/hostname");
}
static void no_sums(const char *path)
{
	g_autofree char *file = g_build_filename(path, "SHA256SUMS", NULL);

	assert_int_equal(g_remove(file), 0);
}
static void rewrite_sums(const char *path, const char *before, const char *after)
{
	g_autofree char *file = g_build_filename(path, "SHA256SUMS", NULL);
	g_autofree char *sums = NULL, *all = NULL;

	assert_true(g_file_get_contents(file, &sums, NULL, NULL));
	all = g_strconcat(before, sums, after, NULL);
	tree_write(path, "SHA256SUMS", all);
}
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
static void cut_sums(const char *path)
{
	rewrite_sums(path, "", ZEROS "  x");
}
static void empty_sums(const char *path)
{
	tree_write(path, "SHA256SUMS", "");
}
static void no_digest(const char *path)
{
	rewrite_sums(path, "xyz  run.json\n", "");
}
static void twice(const char *path)
{
	rewrite_sums(path, ZEROS "  run.json\n", "");
}
static void outside(const char *path)
{
	rewrite_sums(path, ZEROS "  ../../etc/passwd\n", "");
}
static void bad_escape(const char *path)
{
	rewrite_sums(path, "\\" ZEROS "  a\\x\n", "");
}

static const struct {
	void (*spoil)(const char *path);
	const char *error;
} spoilt[] = {
	{changed, "raw/loaded/vcpu1.hist: changed since the run (SHA-256 "},
	{added, "raw/loaded/vcpu9.hist: not listed in SHA256SUMS"},
	{removed, "raw/loaded/vcpu1.hist: missing"},
	{linked, "raw/loaded/vcpu1.hist: neither a regular file nor a directory"},
	{no_sums, "SHA256SUMS: No such file or directory"},
	{cut_sums, "SHA256SUMS: cut short"},
	{empty_sums, "SHA256SUMS: cut short"},
	{no_digest, "SHA256SUMS:1: not a SHA-256 and a name"},
	{twice, "a name again"},
	{outside, "SHA256SUMS:1: not a name below a bundle"},
	{bad_escape, "SHA256SUMS:1: not a name below a bundle"},
};

static void test_verify(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(spoilt); i++) {
		char *tree = tree_new();
		g_autofree char *path = finished(tree);
		g_autoptr(GError) error = NULL;

		assert_true(bundle_verify(path, NULL));
		spoilt[i].spoil(path);
		assert_false(bundle_verify(path, &error));
		if (!strstr(error->message, spoilt[i].error))
			fail_msg("row %zu: %s", i, error->message);
		tree_free(tree);
	}
}

/* ---- the directory's name ---- */

static void test_taken_names(void **state)
{
	char *tree = tree_new();
	g_autoptr(Bundle) a = bundle_create(tree, "host", "smoke", NULL);
	g_autoptr(Bundle) b = bundle_create(tree, "host", "smoke", NULL);
	g_autoptr(Bundle) c = NULL;

	(void)state;
	assert_string_not_equal(bundle_path(a), bundle_path(b));
	must_write(a, "x", "a");
	must_write(b, "x", "b");
	assert_true(bundle_finish(a, NULL) && bundle_finish(b, NULL));
	assert_string_not_equal(bundle_path(a), bundle_path(b));
	c = bundle_create(tree, "host", "smoke", NULL);
	assert_non_null(c);
	assert_true(bundle_verify(bundle_path(a), NULL));
	assert_true(bundle_verify(bundle_path(b), NULL));
	tree_free(tree);
}

/* Somebody took the name while we measured: theirs stays as it was. */
static void test_name_taken_meanwhile(void **state)
{
	char *tree = tree_new();
	g_autoptr(Bundle) bundle = bundle_create(tree, "host", "smoke", NULL);
	g_autofree char *wanted = g_strndup(bundle_path(bundle), strlen(bundle_path(bundle)) -
									  strlen(".partial"));
	g_autofree char *second = g_strconcat(wanted, "-2", NULL);

	(void)state;
	tree_write(wanted, "theirs", "x");
	must_write(bundle, "ours", "y");
	assert_true(bundle_finish(bundle, NULL));
	assert_string_equal(bundle_path(bundle), second);
	assert_true(bundle_verify(second, NULL));
	assert_false(bundle_verify(wanted, NULL));
	tree_free(tree);
}

static void test_odd_names(void **state)
{
	char *tree = tree_new();
	g_autofree char *long_name = g_strnfill(300, 'h');
	g_autoptr(Bundle) a = bundle_create(tree, "../h/o\nst", "pro file", NULL);
	g_autoptr(Bundle) b = bundle_create(tree, long_name, long_name, NULL);
	g_autoptr(Bundle) c = bundle_create(tree, NULL, "", NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *file = g_build_filename(tree, "file", NULL);

	(void)state;
	assert_true(g_str_has_suffix(bundle_path(a), "-.._h_o_st-pro_file.partial"));
	assert_non_null(b);
	assert_true(g_str_has_suffix(bundle_path(c), "-unknown-unknown.partial"));
	tree_write(tree, "file", "x");
	assert_null(bundle_create(file, "h", "p", &error));
	assert_int_equal(error->code, LATHE_ERROR_IO);
	tree_free(tree);
}

static void test_read_run(void **state)
{
	char *tree = tree_new();
	g_autofree char *path = finished(tree);
	g_autoptr(Run) run = bundle_read_run(path, NULL);
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_non_null(run);
	tree_write(path, "run.json", "{");
	assert_null(bundle_read_run(path, &error));
	assert_true(g_str_has_prefix(error->message, path));
	assert_non_null(strstr(error->message, ": run.json: line 1"));
	tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_sha256sum_agrees),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_links_and_devices),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_taken_names),
		cmocka_unit_test(test_name_taken_meanwhile),
		cmocka_unit_test(test_odd_names),
		cmocka_unit_test(test_read_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
