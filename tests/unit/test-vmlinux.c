/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "error.h"
#include "image-fixture.h"
#include "image.h"
#include "store.h"

typedef struct {
	char *directory;
	char *in;
	char *out;
	GBytes *vmlinux;
} Fixture;

static int setup(void **state)
{
	Fixture *fixture = g_new0(Fixture, 1);

	fixture->directory = tree_new();
	fixture->in = g_build_filename(fixture->directory, "vmlinuz", NULL);
	fixture->out = g_build_filename(fixture->directory, "vmlinux", NULL);
	fixture->vmlinux = fixture_vmlinux(FIXTURE_BANNER);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	Fixture *fixture = *state;

	tree_free(fixture->directory);
	g_bytes_unref(fixture->vmlinux);
	g_free(fixture->in);
	g_free(fixture->out);
	g_free(fixture);
	return 0;
}

static guint count_files(const char *directory)
{
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	guint count = 0;

	assert_non_null(dir);
	while (g_dir_read_name(dir))
		count++;
	return count;
}

static void expect_extracted(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) got = NULL;

	if (!vmlinux_extract(fixture->in, fixture->out, &error))
		fail_msg("%s", error->message);
	got = store_read(fixture->out, 1u << 20, NULL, NULL);
	assert_true(g_bytes_equal(got, fixture->vmlinux));
	assert_int_equal(count_files(fixture->directory), 2);
	assert_int_equal(unlink(fixture->out), 0);
}

/* What was at the output before is there afterwards, and nothing beside it. */
static void expect_refused(Fixture *fixture, const char *message)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *kept = NULL;

	fixture_text(fixture->out, "older");
	assert_false(vmlinux_extract(fixture->in, fixture->out, &error));
	assert_non_null(error);
	if (message && !strstr(error->message, message))
		fail_msg("'%s' lacks '%s'", error->message, message);
	kept = fixture_read(fixture->out, NULL);
	assert_string_equal(kept, "older");
	assert_int_equal(count_files(fixture->directory), 2);
}

static void test_compressions(void **state)
{
	static const int filters[] = {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ,
				      ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_LZMA,
				      ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_LZ4};
	Fixture *fixture = *state;
	guint32 size = (guint32)g_bytes_get_size(fixture->vmlinux);

	for (gsize i = 0; i < G_N_ELEMENTS(filters); i++) {
		g_autoptr(GBytes) stream = fixture_compress(fixture->vmlinux, filters[i]);

		fixture_write(fixture->in,
			      fixture_bzimage(stream, size, filters[i] != ARCHIVE_FILTER_GZIP),
			      0644);
		expect_extracted(fixture);
	}
}

/* The kernel uses lz4's legacy frame, which libarchive reads but does not write: a magic, the
 * block's size, and here one block of literals only. */
static void test_lz4_legacy(void **state)
{
	Fixture *fixture = *state;
	guint32 size = (guint32)g_bytes_get_size(fixture->vmlinux);
	const guint32 magic = 0x184c2102;
	GByteArray *stream = g_byte_array_new();
	g_autoptr(GByteArray) block = g_byte_array_new();
	g_autoptr(GBytes) bytes = NULL;
	guint8 token = 0xf0, full = 255, rest = (guint8)((size - 15) % 255);

	g_byte_array_append(block, &token, 1);
	for (guint32 i = 0; i < (size - 15) / 255; i++)
		g_byte_array_append(block, &full, 1);
	g_byte_array_append(block, &rest, 1);
	g_byte_array_append(block, g_bytes_get_data(fixture->vmlinux, NULL), size);
	g_byte_array_append(stream, (const guint8 *)&magic, 4);
	g_byte_array_append(stream, (const guint8 *)&block->len, 4);
	g_byte_array_append(stream, block->data, block->len);
	bytes = fixture_take(stream);
	fixture_write(fixture->in, fixture_bzimage(bytes, size, TRUE), 0644);
	expect_extracted(fixture);
}

static void test_elf_is_copied(void **state)
{
	Fixture *fixture = *state;

	fixture_write(fixture->in, g_bytes_ref(fixture->vmlinux), 0644);
	expect_extracted(fixture);
}

static const struct {
	guint at;
	guint8 size;
	guint32 value;
	const char *message;
} damages[] = {
	{0x202, 4, 0, "is neither a bzImage nor an ELF vmlinux"},
	{0x206, 2, 0x207, "from before Linux 2.6.26"},
	{0x1f1, 1, 255, "is cut off"},
	{0x1f1, 1, 0, "is cut off"}, /* 0 means 4 */
	{0x248, 4, 0xffffffff, "is cut off"},
	{0x24c, 4, 0xffffffff, "is cut off"},
	{0x24c, 4, 0, "holds no payload"},
	{0x24c, 4, 17, "holds no payload"},
	{0x248, 4, 516, "is cut off"},
	{3 * 512, 2, 0x1234, "is not compressed in a known way"},
	{3 * 512 + 12, 4, 0x55555555, NULL}, /* inside the stream */
};

static void test_damaged_headers(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(GBytes) whole = fixture_vmlinuz(g_bytes_ref(fixture->vmlinux));

	for (gsize i = 0; i < G_N_ELEMENTS(damages); i++) {
		gsize length;
		const guint8 *data = g_bytes_get_data(whole, &length);
		guint8 *copy = g_memdup2(data, length);

		memcpy(copy + damages[i].at, &damages[i].value, damages[i].size);
		fixture_write(fixture->in, g_bytes_new_take(copy, length), 0644);
		expect_refused(fixture, damages[i].message);
	}
}

static void test_truncated_everywhere(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(GBytes) whole = fixture_vmlinuz(g_bytes_ref(fixture->vmlinux));
	gsize length = g_bytes_get_size(whole);

	/* The first sectors are all alike: every length around the header and the payload. */
	for (gsize i = 0; i < length; i += (i > 0x260 && i < 3 * 512 - 1) ? 97 : 1) {
		fixture_write(fixture->in, g_bytes_new_from_bytes(whole, 0, i), 0644);
		expect_refused(fixture, NULL);
	}
}

static void test_wrong_size(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(GBytes) stream = fixture_compress(fixture->vmlinux, ARCHIVE_FILTER_XZ);
	guint32 size = (guint32)g_bytes_get_size(fixture->vmlinux);

	fixture_write(fixture->in, fixture_bzimage(stream, size - 1, TRUE), 0644);
	expect_refused(fixture, "holds more than");
	fixture_write(fixture->in, fixture_bzimage(stream, size + 1, TRUE), 0644);
	expect_refused(fixture, "bytes, but says");
	fixture_write(fixture->in, fixture_bzimage(stream, 0xffffffff, TRUE), 0644);
	expect_refused(fixture, "claims to hold more than 1 GiB");
}

static void test_payload_not_elf(void **state)
{
	Fixture *fixture = *state;
	gsize length;
	const guint8 *data = g_bytes_get_data(fixture->vmlinux, &length);
	guint8 *foreign = g_memdup2(data, length);

	fixture_write(fixture->in, fixture_vmlinuz(g_bytes_new_static("hello, world", 12)),
		      0644);
	expect_refused(fixture, "(the vmlinux inside)' is not an ELF file");
	fixture_write(fixture->in, fixture_vmlinuz(g_bytes_new_from_bytes(fixture->vmlinux, 0, 63)),
		      0644);
	expect_refused(fixture, "cut off inside its ELF header");
	foreign[EI_CLASS] = ELFCLASS32;
	fixture_write(fixture->in, g_bytes_new_take(foreign, length), 0644);
	expect_refused(fixture, "not for x86-64");
}

static void test_odd_files(void **state)
{
	Fixture *fixture = *state;

	fixture_text(fixture->in, "");
	expect_refused(fixture, "is neither a bzImage nor an ELF vmlinux");
	assert_int_equal(unlink(fixture->in), 0);
	/* A FIFO that nobody writes must not be waited for. */
	assert_int_equal(mkfifo(fixture->in, 0600), 0);
	expect_refused(fixture, "is not a regular file");
}

static const struct {
	const char *text;
	const char *release; /* NULL: refused */
	gboolean realtime;
} banners[] = {
	{FIXTURE_BANNER, FIXTURE_RELEASE, TRUE},
	{"Linux version 6.12.9 (x) #2 SMP PREEMPT_DYNAMIC Fri\n", "6.12.9", FALSE},
	{"Linux version 5.10.1-rt2 (x) #1 SMP PREEMPT RT\n", "5.10.1-rt2", TRUE},
	{"Linux version %s (%s)\n", NULL, FALSE},
	{"", NULL, FALSE},
};

static void test_release(void **state)
{
	Fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(banners); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *release = NULL;
		gboolean realtime = -1;

		fixture_write(fixture->in, fixture_vmlinux(banners[i].text), 0644);
		if (!vmlinux_release(fixture->in, &release, &realtime, &error)) {
			assert_null(banners[i].release);
			assert_null(release);
			assert_non_null(strstr(error->message, "holds no \"Linux version\""));
			continue;
		}
		assert_string_equal(release, banners[i].release);
		assert_int_equal(realtime, banners[i].realtime);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_compressions),     TEST(test_lz4_legacy),
		TEST(test_elf_is_copied),    TEST(test_damaged_headers),
		TEST(test_truncated_everywhere), TEST(test_wrong_size),
		TEST(test_payload_not_elf),  TEST(test_odd_files),
		TEST(test_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
