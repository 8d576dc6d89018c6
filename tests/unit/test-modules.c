/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "error.h"
#include "image-fixture.h"
#include "modules.h"

#define RELEASE FIXTURE_RELEASE

typedef struct {
	const char *path; /* below the modules directory; its suffix says the compression */
	const char *depends;
	const char *release; /* NULL: RELEASE */
} File;

typedef struct {
	const char *name;
	File files[6];
	const char *builtin; /* modules.builtin; NULL: no such file */
	const char *wanted[4];
	const char *order;   /* "a b c", or NULL */
	const char *error;
	const char *missing; /* what modules_missing() says, when it differs from "" */
} Case;

static const Case cases[] = {
	{.name = "dependencies come first",
	 .files = {{"kernel/a.ko", "b,c"}, {"kernel/x/b.ko", "c"}, {"kernel/c.ko", ""}},
	 .builtin = "", .wanted = {"a"}, .order = "c b a"},
	{.name = "each once, in the order asked for",
	 .files = {{"kernel/a.ko", "c"}, {"kernel/b.ko", "c"}, {"kernel/c.ko", ""}},
	 .builtin = "", .wanted = {"b", "a", "b"}, .order = "c b a"},
	{.name = "compressed, and a dash in the file's name",
	 .files = {{"a-b.ko.xz", "c-d"}, {"c-d.ko.zst", "e"}, {"e.ko.gz", ""}},
	 .builtin = "", .wanted = {"a_b"}, .order = "e c_d a_b"},
	{.name = "built in", .files = {{"kernel/a.ko", "b"}},
	 .builtin = "kernel/x/b.ko\nkernel/c-d.ko\n", .wanted = {"a", "c_d"}, .order = "a"},
	{.name = "all built in", .builtin = "kernel/a.ko\n", .wanted = {"a"}, .order = ""},
	{.name = "an update replaces the kernel's own",
	 .files = {{"kernel/a.ko", "b"}, {"updates/a.ko", ""}},
	 .builtin = "", .wanted = {"a"}, .order = "a"},
	{.name = "nowhere", .files = {{"kernel/a.ko", ""}}, .builtin = "kernel/b.ko\n",
	 .wanted = {"a", "c"}, .missing = "c",
	 .error = "module 'c' is neither below '%s' nor in its modules.builtin"},
	{.name = "a dependency nowhere", .files = {{"kernel/a.ko", "b"}}, .builtin = "",
	 .wanted = {"a"}, .missing = "b",
	 .error = "module 'b', needed by 'a', is neither below '%s' nor in its "
		  "modules.builtin"},
	{.name = "no modules.builtin", .files = {{"kernel/a.ko", "b"}}, .wanted = {"a"},
	 .missing = "b",
	 .error = "module 'b', needed by 'a', is not below '%s', and there is no "
		  "modules.builtin to say whether the kernel has it built in"},
	{.name = "no modules.builtin and none needed", .files = {{"a.ko", ""}},
	 .wanted = {"a"}, .order = "a"},
	{.name = "a circle", .files = {{"a.ko", "b"}, {"b.ko", "c"}, {"c.ko", "a"}},
	 .builtin = "", .wanted = {"a"},
	 .error = "module 'a' depends on itself through 'c'"},
	{.name = "itself", .files = {{"a.ko", "a"}}, .builtin = "", .wanted = {"a"},
	 .error = "module 'a' depends on itself through 'a'"},
	{.name = "a path as a dependency", .files = {{"a.ko", "../../etc/passwd"}},
	 .builtin = "", .wanted = {"a"},
	 .error = "module 'a' depends on something that is not a module name"},
	{.name = "two kernels", .files = {{"a.ko", "b"}, {"b.ko", "", "6.2.0"}},
	 .builtin = "", .wanted = {"a"},
	 .error = "module '%s/b.ko' is for another kernel than the others"},
};

static GBytes *compressed(GBytes *taken, const char *path)
{
	static const struct {
		const char *suffix;
		int filter;
	} rows[] = {{".xz", ARCHIVE_FILTER_XZ},
		    {".zst", ARCHIVE_FILTER_ZSTD},
		    {".gz", ARCHIVE_FILTER_GZIP}};
	GBytes *bytes;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (!g_str_has_suffix(path, rows[i].suffix))
			continue;
		bytes = fixture_compress(taken, rows[i].filter);
		g_bytes_unref(taken);
		return bytes;
	}
	return taken;
}

static void lay_out(const char *directory, const Case *row)
{
	for (const File *file = row->files; file->path; file++) {
		g_autofree char *path = g_build_filename(directory, file->path, NULL);
		GBytes *module = fixture_module(file->depends,
						file->release ? file->release : RELEASE);

		fixture_write(path, compressed(module, file->path), 0644);
	}
	if (row->builtin)
		tree_write(directory, "modules.builtin", row->builtin);
}

static char *names_of(const GPtrArray *modules)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < modules->len; i++) {
		const Module *module = modules->pdata[i];

		g_string_append_printf(text, "%s%s", i ? " " : "", module->name);
		/* Decompressed: the agent hands these bytes to finit_module. */
		assert_memory_equal(g_bytes_get_data(module->content, NULL), ELFMAG, SELFMAG);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* One %s in it stands for the directory. */
static char *with_directory(const char *message, const char *directory)
{
	g_auto(GStrv) parts = g_strsplit(message, "%s", 2);

	return g_strjoinv(directory, parts);
}

static void check_missing(const Case *row, const char *directory)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) names = modules_missing(directory, row->wanted, &error);

	if (row->error && !row->missing) {
		assert_null(names);
		return;
	}
	assert_non_null(names);
	assert_int_equal(names->len, row->missing ? 1 : 0);
	if (row->missing)
		assert_string_equal(names->pdata[0], row->missing);
}

static void test_cases(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const Case *row = &cases[i];
		char *directory = tree_new();
		g_autoptr(GError) error = NULL;
		g_autofree char *release = NULL;
		g_autoptr(GPtrArray) modules = NULL;

		lay_out(directory, row);
		modules = modules_load(directory, row->wanted, &release, &error);
		if (row->order) {
			g_autofree char *order = NULL;

			if (!modules)
				fail_msg("%s: %s", row->name, error->message);
			order = names_of(modules);
			assert_string_equal(order, row->order);
			if (*row->order)
				assert_string_equal(release, RELEASE);
			else
				assert_null(release);
		} else {
			g_autofree char *message = with_directory(row->error, directory);

			assert_null(modules);
			assert_null(release);
			assert_string_equal(error->message, message);
		}
		check_missing(row, directory);
		tree_free(directory);
	}
}

static const struct {
	const char *file;
	const char *name;
} names[] = {
	{"virtio.ko", "virtio"},
	{"virtio-rng.ko.xz", "virtio_rng"},
	{"a/b/snd-hda.ko.zst", "snd_hda"},
	{"x.ko.gz", "x"},
	{".ko", NULL},
	{"x.ko.bz2", NULL},
	{"x.so", NULL},
	{"x y.ko", NULL},
	{"x\033.ko", NULL},
	{"", NULL},
	{"a12345678901234567890123456789012345678901234567890123456.ko", NULL},
};

static void test_names(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *name = module_name(names[i].file);

		if (names[i].name)
			assert_string_equal(name, names[i].name);
		else
			assert_null(name);
	}
}

#define INFO(text) text, sizeof(text) - 1

static const struct {
	const char *modinfo;
	gsize length;
	const char *depends; /* NULL: not there */
	const char *error;
} infos[] = {
	{INFO("license=GPL\0depends=a,b\0name=x\0"), "a,b", NULL},
	{INFO("depends=\0"), "", NULL},
	{INFO("\0\0\0depends=a\0\0"), "a", NULL},
	{INFO("depends=a\0depends=b\0"), "a", NULL},
	{INFO("xdepends=a\0depend=b\0dependsx=c\0"), NULL, NULL},
	{INFO(""), NULL, NULL},
	{INFO("depends"), NULL, "module 'm': .modinfo is cut off"},
	{INFO("license=GPL\0depends=a"), NULL, "module 'm': .modinfo is cut off"},
};

static void test_modinfo(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(infos); i++) {
		g_autoptr(GBytes) module =
			fixture_module_raw(infos[i].modinfo, infos[i].length);
		g_autoptr(GError) error = NULL;
		char *value = (char *)"untouched";

		if (!modules_info(module, "m", "depends", &value, &error)) {
			assert_string_equal(error->message, infos[i].error);
			assert_string_equal(value, "untouched");
			continue;
		}
		assert_null(infos[i].error);
		if (infos[i].depends)
			assert_string_equal(value, infos[i].depends);
		else
			assert_null(value);
		g_free(value);
	}
}

/* Never a crash, never an answer from beyond the end. */
static void test_truncated_everywhere(void **state)
{
	g_autoptr(GBytes) whole = fixture_module("b", RELEASE);
	gsize length = g_bytes_get_size(whole);

	(void)state;
	for (gsize i = 0; i < length; i++) {
		gsize size;
		const guint8 *data = g_bytes_get_data(whole, &size);
		/* An allocation of its own, so that the sanitizer sees its end. */
		g_autoptr(GBytes) part = g_bytes_new(data, i);
		g_autoptr(GError) error = NULL;
		char *value = NULL;

		assert_false(modules_info(part, "m", "depends", &value, &error));
		assert_non_null(error);
	}
}

static void test_every_byte_changed(void **state)
{
	g_autoptr(GBytes) whole = fixture_module("b", RELEASE);
	gsize length;
	const guint8 *data = g_bytes_get_data(whole, &length);

	(void)state;
	for (gsize i = 0; i < length; i++) {
		guint8 *copy = g_memdup2(data, length);
		g_autoptr(GBytes) bytes = NULL;
		g_autoptr(GError) error = NULL;
		g_autofree char *value = NULL;

		copy[i] ^= 0xff;
		bytes = g_bytes_new_take(copy, length);
		if (modules_info(bytes, "m", "depends", &value, &error))
			assert_null(error);
		else
			assert_non_null(error);
	}
}

static void test_odd_directories(void **state)
{
	const char *const wanted[] = {"a", NULL};
	char *directory = tree_new();
	g_autofree char *absent = g_build_filename(directory, "absent", NULL);
	g_autofree char *release = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_null(modules_load(absent, wanted, &release, &error));
	assert_non_null(strstr(error->message, "open modules directory"));
	assert_non_null(strstr(error->message, "No such file or directory"));
	g_clear_error(&error);
	tree_write(directory, "a.ko", "no ELF");
	assert_null(modules_load(directory, wanted, &release, &error));
	assert_non_null(strstr(error->message, "a.ko' is not an ELF file"));
	tree_free(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_modinfo),
		cmocka_unit_test(test_truncated_everywhere),
		cmocka_unit_test(test_every_byte_changed),
		cmocka_unit_test(test_odd_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
