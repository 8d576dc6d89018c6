/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives of anybody's, unpacked: what comes out, and what never leaves the directory. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "root.h"
#include "tree.h"
#include "unpack.h"

/* A directory with the archive, the place to unpack to, and somebody's file beside it. */
typedef struct {
	char *top, *archive, *into;
	struct archive *writer;
} Fixture;

#define SECRET "mine\n"

static int set_up(void **state)
{
	Fixture *f = g_new0(Fixture, 1);

	f->top = tree_new();
	f->archive = g_build_filename(f->top, "a.tar", NULL);
	f->into = g_build_filename(f->top, "into", NULL);
	assert_int_equal(g_mkdir(f->into, 0700), 0);
	tree_write(f->top, "victim/file", SECRET);
	f->writer = archive_write_new();
	archive_write_set_format_pax_restricted(f->writer);
	assert_int_equal(archive_write_open_filename(f->writer, f->archive), ARCHIVE_OK);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	Fixture *f = *state;

	archive_write_free(f->writer);
	tree_free(f->top);
	g_free(f->archive);
	g_free(f->into);
	g_free(f);
	return 0;
}

typedef struct {
	mode_t type;
	const char *name;
	const char *content; /* of a file; or where a link leads */
} Entry;

#define HARD_LINK 0

static void add(Fixture *f, const Entry *entry)
{
	struct archive_entry *to = archive_entry_new();
	gsize length = entry->type == S_IFREG ? strlen(entry->content) : 0;

	archive_entry_set_pathname(to, entry->name);
	archive_entry_set_filetype(to, entry->type ? entry->type : S_IFREG);
	/* Set-user-ID and open to everybody: none of that is taken over. */
	archive_entry_set_perm(to, 06777);
	archive_entry_set_size(to, (la_int64_t)length);
	if (entry->type == S_IFLNK)
		archive_entry_set_symlink(to, entry->content);
	else if (entry->type == HARD_LINK)
		archive_entry_set_hardlink(to, entry->content);
	else if (entry->type == S_IFCHR || entry->type == S_IFBLK)
		archive_entry_set_rdev(to, makedev(1, 5));
	assert_int_equal(archive_write_header(f->writer, to), ARCHIVE_OK);
	if (length)
		assert_int_equal(archive_write_data(f->writer, entry->content, length), length);
	archive_entry_free(to);
}

static gboolean unpack_it(Fixture *f, GError **error)
{
	gboolean done;
	int fd;

	assert_int_equal(archive_write_close(f->writer), ARCHIVE_OK);
	fd = open(f->archive, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	done = unpack(fd, "a.tar", f->into, error);
	close(fd);
	return done;
}

static void expect_untouched(const Fixture *f)
{
	g_autofree char *victim = g_build_filename(f->top, "victim/file", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GDir) dir = g_dir_open(f->top, 0, NULL);
	guint entries = 0;
	struct stat st;

	assert_true(g_file_get_contents(victim, &text, NULL, NULL));
	assert_string_equal(text, SECRET);
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_nlink, 1);
	while (g_dir_read_name(dir))
		entries++;
	assert_int_equal(entries, 3); /* archive, into, victim */
}

static void expect_file(const Fixture *f, const char *path, const char *want)
{
	g_autofree char *full = g_build_filename(f->into, path, NULL);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(full, &text, NULL, NULL))
		fail_msg("'%s' is not there", path);
	assert_string_equal(text, want);
}

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

/* "x/x/..." of that many components, or one that long. */
static char *long_name(guint components, guint length)
{
	GString *name = g_string_new(NULL);

	for (guint i = 0; i < components; i++) {
		g_string_append(name, i ? "/" : "");
		for (guint k = 0; k < length; k++)
			g_string_append_c(name, 'x');
	}
	return g_string_free(name, FALSE);
}

static void test_depth_and_length(void **state)
{
	static const struct {
		guint components, length;
		gboolean fine;
	} rows[] = {{64, 1, TRUE}, {65, 1, FALSE}, {1, 255, TRUE}, {1, 256, FALSE},
		    {2000, 1, FALSE}};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *name = long_name(rows[i].components, rows[i].length);
		const Entry entry = {S_IFREG, name, "x"};
		void *one = NULL;

		set_up(&one);
		add(one, &entry);
		if (unpack_it(one, NULL) != rows[i].fine)
			fail_msg("%u components of %u bytes", rows[i].components, rows[i].length);
		expect_untouched(one);
		tear_down(&one);
	}
}

/* A header alone, as tar writes it: its size is a claim that nothing follows. */
static void write_header(const char *file, guint64 size)
{
	char block[1024] = "claim";
	guint sum = 0;

	memcpy(block + 100, "0000644", 8);
	memcpy(block + 108, "0000000", 8);
	memcpy(block + 116, "0000000", 8);
	/* Base 256, for what eleven octal digits do not hold. */
	block[124] = (char)0x80;
	for (guint i = 0; i < 8; i++)
		block[135 - i] = (char)(size >> (8 * i));
	memcpy(block + 136, "00000000000", 12);
	memset(block + 148, ' ', 8);
	block[156] = '0';
	memcpy(block + 257, "ustar\00000", 8);
	for (guint i = 0; i < 512; i++)
		sum += (guchar)block[i];
	g_snprintf(block + 148, 8, "%06o", sum);
	assert_true(g_file_set_contents(file, block, 512, NULL));
}

static void test_claimed_sizes(void **state)
{
	static const struct {
		guint64 size;
		const char *why;
	} rows[] = {
		{100, "Truncated"},
		{UNPACK_BYTES_MAX, "Truncated"},
		{UNPACK_BYTES_MAX + 1, "holds more than 500000 entries or 4 GiB"},
		{1ull << 62, "holds more than"},
	};
	Fixture *f = *state;
	g_autofree char *file = g_build_filename(f->into, "claim", NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		struct stat st = {0};
		int fd;

		write_header(f->archive, rows[i].size);
		fd = open(f->archive, O_RDONLY | O_CLOEXEC);
		if (unpack(fd, "a.tar", f->into, &error))
			fail_msg("%" G_GUINT64_FORMAT " bytes: unpacked", rows[i].size);
		close(fd);
		if (!g_strstr_len(error->message, -1, rows[i].why))
			fail_msg("%" G_GUINT64_FORMAT " bytes: '%s'", rows[i].size,
				 error->message);
		/* Room on the disk is not taken for a claim. */
		if (stat(file, &st) == 0)
			assert_true(st.st_blocks <= 16);
		g_unlink(file);
	}
}

/* What root_read() would refuse for its size comes out as long, and takes no room. */
static void test_long_file_is_empty(void **state)
{
	Fixture *f = *state;
	g_autofree char *content = g_malloc(ROOT_FILE_MAX + 2);
	g_autofree char *file = g_build_filename(f->into, "long", NULL);
	g_autoptr(GError) error = NULL;
	struct stat st;

	memset(content, 'x', ROOT_FILE_MAX + 1);
	content[ROOT_FILE_MAX + 1] = '\0';
	add(f, &(Entry){S_IFREG, "long", content});
	if (!unpack_it(f, &error))
		fail_msg("%s", error->message);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_size, ROOT_FILE_MAX + 1);
	assert_int_equal(st.st_blocks, 0);
}

static void test_no_archive(void **state)
{
	Fixture *f = *state;
	static const struct {
		const char *content;
		gsize length;
	} rows[] = {{"", 0}, {"not an archive\n", 15}, {"\x1f\x8b\x08garbage", 10}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		int fd;

		assert_true(g_file_set_contents(f->archive, rows[i].content,
						(gssize)rows[i].length, NULL));
		fd = open(f->archive, O_RDONLY | O_CLOEXEC);
		assert_false(unpack(fd, "a.tar", f->into, &error));
		assert_true(g_str_has_prefix(error->message, "'a.tar'"));
		close(fd);
	}
}

#define FIXED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXED(test_plain),
		FIXED(test_link_stays_a_link),
		FIXED(test_special_files_are_left_out),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_depth_and_length),
		FIXED(test_claimed_sizes),
		FIXED(test_long_file_is_empty),
		FIXED(test_no_archive),
	};

	return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
