/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives that are too deep, too long, claim too much, or are none. */
#include "unpack-fixture.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depth_and_length),
		FIXED(test_claimed_sizes),
		FIXED(test_long_file_is_empty),
		FIXED(test_no_archive),
	};

	return cmocka_run_group_tests_name("unpack sizes", tests, NULL, NULL);
}
