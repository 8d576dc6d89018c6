/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives of anybody's, unpacked: what comes out, and what never leaves the directory. */
#include "unpack-fixture.h"

static void test_plain(void **state)
{
	static const Entry entries[] = {
		{S_IFDIR, "./", NULL},
		{S_IFREG, "./proc//cmdline", "quiet\n"},
		{S_IFDIR, "sys/kernel/", NULL},
		{S_IFREG, "twice", "first, and longer\n"},
		{S_IFREG, "twice", "second\n"},
		{HARD_LINK, "linked", "proc/cmdline"},
		{S_IFREG, "a\nname \033[2J", "x\n"},
	};
	Fixture *f = *state;
	g_autofree char *file = g_build_filename(f->into, "proc/cmdline", NULL);
	g_autofree char *directory = g_build_filename(f->into, "sys/kernel", NULL);
	g_autoptr(GError) error = NULL;
	struct stat st;

	for (gsize i = 0; i < G_N_ELEMENTS(entries); i++)
		add(f, &entries[i]);
	if (!unpack_it(f, &error))
		fail_msg("%s", error->message);
	expect_file(f, "proc/cmdline", "quiet\n");
	expect_file(f, "twice", "second\n");
	expect_file(f, "linked", "quiet\n");
	expect_file(f, "a\nname \033[2J", "x\n");
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07177, 0);
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(stat(directory, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 07077, 0);
	expect_untouched(f);
}

/* Links lead where they like, and are neither followed nor written through. */
static void test_link_stays_a_link(void **state)
{
	static const Entry entries[] = {
		{S_IFLNK, "out", "../victim/file"},
		{S_IFLNK, "again", "../victim/file"},
		{S_IFREG, "again", "theirs\n"},
		{HARD_LINK, "hard", "out"},
	};
	Fixture *f = *state;
	g_autofree char *link = g_build_filename(f->into, "out", NULL);
	g_autofree char *hard = g_build_filename(f->into, "hard", NULL);
	g_autoptr(GError) error = NULL;
	char target[64] = "";

	for (gsize i = 0; i < G_N_ELEMENTS(entries); i++)
		add(f, &entries[i]);
	if (!unpack_it(f, &error))
		fail_msg("%s", error->message);
	assert_int_equal(readlink(link, target, sizeof target - 1), strlen("../victim/file"));
	assert_string_equal(target, "../victim/file");
	assert_true(g_file_test(hard, G_FILE_TEST_IS_SYMLINK));
	expect_file(f, "again", "theirs\n");
	expect_untouched(f);
}

static void test_special_files_are_left_out(void **state)
{
	static const Entry entries[] = {
		{S_IFREG, "file", "x\n"}, {S_IFCHR, "null", NULL}, {S_IFBLK, "disk", NULL},
		{S_IFIFO, "fifo", NULL},
	};
	Fixture *f = *state;
	g_autoptr(GDir) dir = NULL;
	g_autoptr(GError) error = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(entries); i++)
		add(f, &entries[i]);
	if (!unpack_it(f, &error))
		fail_msg("%s", error->message);
	dir = g_dir_open(f->into, 0, NULL);
	assert_string_equal(g_dir_read_name(dir), "file");
	assert_null(g_dir_read_name(dir));
}

/* One entry of an archive: the error says which, and why. */
static const struct {
	const char *what;
	Entry entries[3];
	const char *why;
} refusals[] = {
	{"absolute", {{S_IFREG, "/tmp/lathe-test-absolute", "x"}},
	 "entry '/tmp/lathe-test-absolute' has a name that leaves the archive"},
	{"dots", {{S_IFREG, "../victim/file", "x"}}, "has a name that leaves the archive"},
	{"dots inside", {{S_IFREG, "a/../../victim/file", "x"}},
	 "has a name that leaves the archive"},
	{"dots that stay", {{S_IFREG, "a/../b", "x"}}, "has a name that leaves the archive"},
	{"a newline and dots", {{S_IFREG, "a\n\033[2J/../../victim/file", "x"}},
	 "entry 'a\\n\\x1b[2J/../../victim/file' has a name"},
	{"through a link", {{S_IFLNK, "a", "../victim"}, {S_IFREG, "a/file", "x"}},
	 "entry 'a/file' goes through a link or a file"},
	{"a directory through a link", {{S_IFLNK, "a", ".."}, {S_IFDIR, "a/new", NULL}},
	 "goes through a link or a file"},
	{"a link through a link", {{S_IFLNK, "a", ".."}, {S_IFLNK, "a/new", "/"}},
	 "goes through a link or a file"},
	{"through a file", {{S_IFREG, "a", "x"}, {S_IFREG, "a/b", "x"}},
	 "goes through a link or a file"},
	{"a directory over a link", {{S_IFLNK, "a", "../victim"}, {S_IFDIR, "a", NULL},
				     {S_IFREG, "a/file", "x"}},
	 "goes through a link or a file"},
	{"a file over a directory", {{S_IFDIR, "a", NULL}, {S_IFREG, "a", "x"}},
	 "was a directory before"},
	{"a link over a directory", {{S_IFDIR, "a", NULL}, {S_IFLNK, "a", "/"}},
	 "was a directory before"},
	{"a hard link out", {{HARD_LINK, "a", "../victim/file"}},
	 "is a link to a name that leaves the archive"},
	{"a hard link to an absolute name", {{HARD_LINK, "a", "/etc/passwd"}},
	 "is a link to a name that leaves the archive"},
	{"a hard link through a link", {{S_IFLNK, "a", "../victim"}, {HARD_LINK, "b", "a/file"}},
	 "is a link to what is not there"},
	{"a hard link to nothing", {{HARD_LINK, "a", "b"}}, "is a link to what is not there"},
	{"a hard link to the top", {{HARD_LINK, "a", "./"}},
	 "is a link to a name that leaves the archive"},
};

static void test_refused(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autoptr(GError) error = NULL;
		void *one = NULL;
		Fixture *f;

		set_up(&one);
		f = one;
		for (gsize k = 0; k < 3 && refusals[i].entries[k].name; k++)
			add(f, &refusals[i].entries[k]);
		if (unpack_it(f, &error))
			fail_msg("%s: unpacked", refusals[i].what);
		if (!strstr(error->message, refusals[i].why) ||
		    !g_str_has_prefix(error->message, "'a.tar': "))
			fail_msg("%s: '%s'", refusals[i].what, error->message);
		if (strpbrk(error->message, "\n\033"))
			fail_msg("%s: the error is not one line", refusals[i].what);
		expect_untouched(f);
		tear_down(&one);
	}
	assert_false(g_file_test("/tmp/lathe-test-absolute", G_FILE_TEST_EXISTS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXED(test_plain),
		FIXED(test_link_stays_a_link),
		FIXED(test_special_files_are_left_out),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
