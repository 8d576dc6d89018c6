/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An archive in the making, the directory it is unpacked to, and what must stay as it is. */
#ifndef LATHE_TEST_UNPACK_FIXTURE_H
#define LATHE_TEST_UNPACK_FIXTURE_H

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

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
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

static inline void add(Fixture *f, const Entry *entry)
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

static inline gboolean unpack_it(Fixture *f, GError **error)
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

static inline void expect_untouched(const Fixture *f)
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

static inline void expect_file(const Fixture *f, const char *path, const char *want)
{
	g_autofree char *full = g_build_filename(f->into, path, NULL);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(full, &text, NULL, NULL))
		fail_msg("'%s' is not there", path);
	assert_string_equal(text, want);
}

#define FIXED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
