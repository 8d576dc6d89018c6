/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "root.h"
#include "tree.h"

typedef struct {
	char *directory; /* captured tree */
	char *outside;	 /* what must never be reached */
	Root *root;
} Fixture;

static int setup(void **state)
{
	Fixture *f = g_new0(Fixture, 1);
	g_autofree char *fifo = NULL;
	g_autofree char *secret = NULL;

	f->directory = tree_new();
	f->outside = tree_new();
	tree_write(f->outside, "secret", "the live machine\n");
	tree_write(f->directory, "sys/online", "0-3\n");
	tree_write(f->directory, "sys/two-lines", "a\nb\n");
	tree_write(f->directory, "sys/empty", "");
	tree_write_bytes(f->directory, "sys/nul", "a\0b", 3);
	secret = g_build_filename(f->outside, "secret", NULL);
	tree_link(f->directory, "absolute", secret);
	tree_link(f->directory, "climbing", "../../../../../../../../../../../etc/passwd");
	tree_link(f->directory, "inside", "/sys/online");
	fifo = g_build_filename(f->directory, "fifo", NULL);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	f->root = root_open_captured(f->directory, NULL);
	assert_non_null(f->root);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	Fixture *f = *state;

	root_free(f->root);
	tree_free(f->directory);
	tree_free(f->outside);
	g_free(f);
	return 0;
}

static const struct {
	const char *path;
	int errnum; /* 0: readable */
	const char *text;
} reads[] = {
	{"sys/online", 0, "0-3\n"},
	{"sys/empty", 0, ""},
	/* A link is resolved as if the tree were "/": what it names inside is found, what it
	 * names outside is not there. */
	{"inside", 0, "0-3\n"},
	{"sys/../sys/online", 0, "0-3\n"},
	{"absolute", ENOENT, NULL},
	{"climbing", ENOENT, NULL},
	{"../../../../../../../../etc/passwd", ENOENT, NULL},
	{"/etc/passwd", EINVAL, NULL},
	{"", EINVAL, NULL},
	{"sys", EISDIR, NULL},
	{"fifo", EINVAL, NULL}, /* and does not hang */
	{"missing", ENOENT, NULL},
};

static void test_reads_stay_inside(void **state)
{
	const Fixture *f = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(reads); i++) {
		g_autoptr(GError) error = NULL;
		char *text = NULL;
		gsize length = 4711;
		int errnum = 0;
		gboolean good = root_read(f->root, reads[i].path, &text, &length, &errnum, &error);

		assert_int_equal(good, reads[i].errnum == 0);
		assert_int_equal(errnum, reads[i].errnum);
		if (good) {
			assert_string_equal(text, reads[i].text);
			assert_int_equal(length, strlen(reads[i].text));
		} else {
			assert_null(text);
			assert_int_equal(length, 4711);
			assert_non_null(strstr(error->message, reads[i].path));
		}
		g_free(text);
	}
}

static void test_lines(void **state)
{
	const Fixture *f = *state;
	char *line = NULL;
	int errnum = 0;

	assert_true(root_read_line(f->root, "sys/online", &line, NULL, NULL));
	assert_string_equal(line, "0-3");
	g_clear_pointer(&line, g_free);
	assert_false(root_read_line(f->root, "sys/two-lines", &line, &errnum, NULL));
	assert_int_equal(errnum, EILSEQ);
	assert_false(root_read_line(f->root, "sys/nul", &line, &errnum, NULL));
	assert_null(line);
	assert_true(root_read_line(f->root, "sys/empty", &line, NULL, NULL));
	assert_string_equal(line, "");
	g_free(line);
}

static void test_captured_is_not_written(void **state)
{
	const Fixture *f = *state;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	assert_false(root_write(f->root, "sys/online", "0", &error));
	assert_non_null(strstr(error->message, "captured machine"));
	assert_true(root_read(f->root, "sys/online", &text, NULL, NULL, NULL));
	assert_string_equal(text, "0-3\n");
}

static void test_list_is_sorted(void **state)
{
	const Fixture *f = *state;
	g_autoptr(GPtrArray) names = root_list(f->root, "sys", NULL);

	assert_int_equal(names->len, 4);
	assert_string_equal(names->pdata[0], "empty");
	assert_string_equal(names->pdata[3], "two-lines");
	assert_null(root_list(f->root, "absolute", NULL));
}

static void test_live_reads_proc(void **state)
{
	g_autoptr(Root) live = root_open_live(NULL);
	g_autofree char *text = NULL;
	gsize length = 0;

	(void)state;
	assert_true(root_is_live(live));
	assert_true(root_read(live, "proc/self/status", &text, &length, NULL, NULL));
	assert_true(length > 0);
	assert_true(g_str_has_prefix(text, "Name:"));
}

static void test_capture_reads_back(void **state)
{
	static const char *const patterns[] = {"sys/o*", "missing/x", "fifo", "*/empty", NULL};
	const Fixture *f = *state;
	char *copy = tree_new();
	g_autoptr(Root) root = NULL;
	g_autofree char *text = NULL;

	assert_true(capture_files(f->root, patterns, copy, NULL));
	root = root_open_captured(copy, NULL);
	assert_true(root_read(root, "sys/online", &text, NULL, NULL, NULL));
	assert_string_equal(text, "0-3\n");
	assert_true(root_exists(root, "sys/empty"));
	assert_false(root_exists(root, "sys/two-lines"));
	assert_false(root_exists(root, "fifo"));
	tree_free(copy);
}

/* Whatever a directory that cannot be listed would have held, it is not absent. */
static void test_capture_notes_unlisted(void **state)
{
	static const char *const patterns[] = {"loop/*/x", "nothing/*/x", "sys/online/*", NULL};
	const Fixture *f = *state;
	char *copy = tree_new();
	g_autoptr(GString) errors = g_string_new(NULL);
	g_autofree char *expected = g_strdup_printf("%d\tloop\n", ELOOP);

	tree_link(f->directory, "loop", "loop");
	assert_true(capture_files_noting(f->root, patterns, copy, errors, NULL));
	assert_string_equal(errors->str, expected);
	tree_free(copy);
}

static void test_stored_names_cannot_leave(void **state)
{
	static const char *const bad[] = {"../x", "/etc/x", "a/../x", "a//x", "", ".", "a/", "climb/x"};
	const Fixture *f = *state;
	char *copy = tree_new();
	g_autofree char *link = g_build_filename(copy, "climb", NULL);
	g_autofree char *escaped = g_build_filename(f->outside, "x", NULL);

	assert_int_equal(symlink(f->outside, link), 0);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		assert_false(capture_store(copy, bad[i], "x", 1, &error));
		assert_non_null(error);
	}
	assert_false(g_file_test(escaped, G_FILE_TEST_EXISTS));
	assert_true(capture_store(copy, "a/b/c", "x", 1, NULL));
	tree_free(copy);
}

/* /dev/zero has bytes at any offset. */
static const struct {
	const char *path;
	int errnum;
} devices[] = {
	{"dev/zero", 0},
	{"dev/null", EIO}, /* it ends at once: too short */
	{"dev/nothing-of-the-kind", ENOENT},
	{"proc/self/stat", EINVAL},
	{"dev", EINVAL},
	{"/dev/zero", EINVAL},
	{"", EINVAL},
};

typedef struct {
	const Fixture *fixture;
	int done; /* atomic */
} Renamer;

static gpointer rename_until_done(gpointer data)
{
	Renamer *renamer = data;
	g_autofree char *a = g_build_filename(renamer->fixture->outside, "secret", NULL);
	g_autofree char *b = g_build_filename(renamer->fixture->outside, "moved", NULL);

	while (!g_atomic_int_get(&renamer->done))
		if (rename(a, b) != 0 || rename(b, a) != 0)
			return GINT_TO_POINTER(errno);
	return NULL;
}

/* While anything on the machine is renamed, the kernel may refuse to say where ".." leads. */
static void test_links_during_renames(void **state)
{
	enum { READS = 20000 };
	const Fixture *f = *state;
	Renamer renamer = {f, FALSE};
	GThread *thread;
	int errnum = 0;

	tree_write(f->directory, "sys/a/b/c/d/e/f/g/file", "x\n");
	tree_link(f->directory, "sys/a/b/c/d/e/f/g/link", "../../../../../../../online");
	thread = g_thread_new("renamer", rename_until_done, &renamer);
	for (guint i = 0; i < READS && !errnum; i++) {
		g_autofree char *text = NULL;

		if (!root_read(f->root, "sys/a/b/c/d/e/f/g/link", &text, NULL, &errnum, NULL))
			assert_int_not_equal(errnum, 0);
	}
	g_atomic_int_set(&renamer.done, TRUE);
	assert_null(g_thread_join(thread));
	assert_int_equal(errnum, 0);
}

static void test_devices(void **state)
{
	Fixture *f = *state;
	g_autoptr(Root) live = root_open_live(NULL);
	g_autoptr(GError) captured = NULL;
	guint64 value = 77;
	int errnum = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(devices); i++) {
		g_autoptr(GError) error = NULL;

		value = 77;
		errnum = 0;
		assert_int_equal(root_pread(live, devices[i].path, 0x34, &value, sizeof(value),
					    &errnum, &error),
				 devices[i].errnum == 0);
		assert_int_equal(errnum, devices[i].errnum);
		assert_int_equal(error == NULL, devices[i].errnum == 0);
		if (!errnum)
			assert_int_equal(value, 0);
	}
	assert_false(root_pread(f->root, "sys/online", 0, &value, 1, &errnum, &captured));
	assert_int_equal(errnum, ENOTSUP);
	assert_non_null(strstr(captured->message, "read device '"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reads_stay_inside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_captured_is_not_written, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list_is_sorted, setup, teardown),
		cmocka_unit_test(test_live_reads_proc),
		cmocka_unit_test_setup_teardown(test_capture_reads_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_capture_notes_unlisted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stored_names_cannot_leave, setup, teardown),
		cmocka_unit_test_setup_teardown(test_links_during_renames, setup, teardown),
		cmocka_unit_test_setup_teardown(test_devices, setup, teardown),
	};

	return cmocka_run_group_tests_name("root", tests, NULL, NULL);
}
