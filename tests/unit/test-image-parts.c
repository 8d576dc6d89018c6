/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes into the initramfs: its own rules, the tools' libraries, the package's files. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/sysmacros.h>

#include "child.h"
#include "deb.h"
#include "elf64.h"
#include "error.h"
#include "image-fixture.h"
#include "initramfs.h"
#include "libraries.h"
#include "package.h"
#include "waiter.h"

/* "MODE PATH[ -> TARGET][ MAJOR:MINOR]", a line each. */
static char *listing(GBytes *archive)
{
	struct archive *reader = archive_read_new();
	GString *text = g_string_new(NULL);
	struct archive_entry *entry;
	gsize length;
	gconstpointer data = g_bytes_get_data(archive, &length);

	archive_read_support_format_cpio(reader);
	assert_int_equal(archive_read_open_memory(reader, data, length), ARCHIVE_OK);
	while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
		g_string_append_printf(text, "%o %s", archive_entry_mode(entry),
				       archive_entry_pathname(entry));
		if (archive_entry_symlink(entry))
			g_string_append_printf(text, " -> %s", archive_entry_symlink(entry));
		if (S_ISCHR(archive_entry_mode(entry)))
			g_string_append_printf(text, " %u:%u",
					       (guint)archive_entry_rdevmajor(entry),
					       (guint)archive_entry_rdevminor(entry));
		g_string_append_c(text, '\n');
		assert_int_equal(archive_entry_mtime(entry), 0);
		assert_int_equal(archive_entry_uid(entry), 0);
		assert_int_equal(archive_entry_gid(entry), 0);
	}
	assert_int_equal(archive_format(reader), ARCHIVE_FORMAT_CPIO_SVR4_NOCRC);
	archive_read_free(reader);
	return g_string_free(text, FALSE);
}

static gboolean add_text(Initramfs *tree, const char *path, guint mode, const char *text,
			 GError **error)
{
	g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));

	return initramfs_add(tree, path, mode, bytes, "source", error);
}

static void test_initramfs_listing(void **state)
{
	g_autoptr(Initramfs) tree = initramfs_new();
	g_autoptr(GBytes) archive = NULL;
	g_autofree char *text = NULL;

	(void)state;
	assert_true(add_text(tree, "/lib64/ld.so", 0755, "l", NULL));
	assert_true(add_text(tree, "/init", 0755, "i", NULL));
	assert_true(add_text(tree, "/opt/a/b", 04711, "", NULL));
	assert_true(initramfs_add_link(tree, "/lib/x/y", "/opt/a/b", "source", NULL));
	archive = initramfs_pack(tree, NULL);
	assert_memory_equal(g_bytes_get_data(archive, NULL), "070701", 6);
	text = listing(archive);
	assert_string_equal(text, "120777 bin -> usr/bin\n"
				  "40755 dev\n"
				  "20600 dev/console 5:1\n"
				  "20666 dev/null 1:3\n"
				  "41777 dev/shm\n"
				  "40755 etc\n"
				  "40755 etc/lathe\n"
				  "100755 init\n"
				  "120777 lib -> usr/lib\n"
				  "120777 lib64 -> usr/lib64\n"
				  "40755 opt\n"
				  "40755 opt/a\n"
				  "104711 opt/a/b\n"
				  "40555 proc\n"
				  "40700 root\n"
				  "40755 run\n"
				  "120777 sbin -> usr/sbin\n"
				  "40555 sys\n"
				  "41777 tmp\n"
				  "40755 usr\n"
				  "40755 usr/bin\n"
				  "40755 usr/lib\n"
				  "40755 usr/lib/x\n"
				  "120777 usr/lib/x/y -> /opt/a/b\n"
				  "40755 usr/lib64\n"
				  "100755 usr/lib64/ld.so\n"
				  "40755 usr/sbin\n");
}

static void test_initramfs_is_deterministic(void **state)
{
	g_autoptr(Initramfs) one = initramfs_new();
	g_autoptr(Initramfs) other = initramfs_new();
	g_autoptr(GBytes) first = NULL;
	g_autoptr(GBytes) second = NULL;

	(void)state;
	assert_true(add_text(one, "/a", 0644, "1", NULL));
	assert_true(add_text(one, "/usr/bin/b", 0755, "2", NULL));
	assert_true(add_text(other, "/bin/b", 0755, "2", NULL));
	assert_true(add_text(other, "/a", 0644, "1", NULL));
	/* The same once more changes nothing. */
	assert_true(add_text(other, "/a", 0644, "1", NULL));
	first = initramfs_pack(one, NULL);
	second = initramfs_pack(other, NULL);
	assert_true(g_bytes_equal(first, second));
}

static const struct {
	const char *path;
	guint mode;
	const char *text;
	const char *error;
} refused[] = {
	{"/init", 0755, "other", "'source' cannot be put at '/init' of the guest: source is "
				 "there already"},
	{"/init", 0700, "i", "is there already"},
	{"/dev/console", 0644, "x", "the base system is there already"},
	{"/lib", 0644, "x", "is there already"},
	{"/init/x", 0644, "x", "cannot be put below '/init' of the guest, which is no directory"},
	{"", 0644, "x", "not a clean absolute path"},
	{"/", 0644, "x", "not a clean absolute path"},
	{"x", 0644, "x", "not a clean absolute path"},
	{"/x/", 0644, "x", "not a clean absolute path"},
	{"//x", 0644, "x", "not a clean absolute path"},
	{"/x/../y", 0644, "x", "not a clean absolute path"},
	{"/x/./y", 0644, "x", "not a clean absolute path"},
	{"/x\xff", 0644, "x", "not a clean absolute path"},
};

static void test_initramfs_refuses(void **state)
{
	g_autoptr(Initramfs) tree = initramfs_new();
	g_autoptr(GBytes) before = NULL;
	g_autoptr(GBytes) after = NULL;

	(void)state;
	assert_true(add_text(tree, "/init", 0755, "i", NULL));
	before = initramfs_pack(tree, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;

		assert_false(add_text(tree, refused[i].path, refused[i].mode, refused[i].text,
				      &error));
		assert_int_equal(error->code, LATHE_ERROR_USAGE);
		if (!strstr(error->message, refused[i].error))
			fail_msg("'%s' lacks '%s'", error->message, refused[i].error);
	}
	after = initramfs_pack(tree, NULL);
	assert_true(g_bytes_equal(before, after));
}

static const struct {
	const char *listing;
	const char *paths; /* joined by ' '; NULL: refused */
	const char *error;
} lists[] = {
	{"\tlinux-vdso.so.1 (0x00007fff)\n"
	 "\tlibnuma.so.1 => /lib/x86_64-linux-gnu/libnuma.so.1 (0x00007f1)\n"
	 "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f2)\n"
	 "\t/lib64/ld-linux-x86-64.so.2 (0x00007f3)\n",
	 "/lib/x86_64-linux-gnu/libnuma.so.1 /lib/x86_64-linux-gnu/libc.so.6 "
	 "/lib64/ld-linux-x86-64.so.2", NULL},
	{"\tlibc.so.6 => /lib64/libc.so.6 (0x1)\n", "/lib64/libc.so.6", NULL},
	{"\tliba.so => /opt/my libs (0x)/liba.so (0x1)\n", "/opt/my libs (0x)/liba.so", NULL},
	{"\tstatically linked\n", "", NULL},
	{"", "", NULL},
	{"\tliba.so.1 => not found\n\tlibc.so.6 => /lib64/libc.so.6 (0x1)\n", NULL,
	 "'prog' needs the shared library 'liba.so.1', which is not on this machine"},
	{"\tlib\033[2J => not found\n", NULL,
	 "'prog' needs the shared library 'lib\\x1b[2J', which is not on this machine"},
	{"\tliba.so.1 => liba.so.1 (0x1)\n", NULL, "has a line of unknown form"},
	{"\tliba.so.1 =>\n", NULL, "has a line of unknown form"},
	{"\tliba.so.1 => /lib/liba.so.1\n", NULL, "has a line of unknown form"},
	{"usage: ld.so\n", NULL, "has a line of unknown form"},
};

static void test_library_lists(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) paths = libraries_parse(lists[i].listing, "prog", &error);
		g_autofree char *joined = NULL;

		if (!lists[i].paths) {
			assert_null(paths);
			if (!strstr(error->message, lists[i].error))
				fail_msg("'%s' lacks '%s'", error->message, lists[i].error);
			continue;
		}
		assert_non_null(paths);
		g_ptr_array_add(paths, NULL);
		joined = g_strjoinv(" ", (char **)paths->pdata);
		assert_string_equal(joined, lists[i].paths);
	}
}

/* This very program is dynamic, and its loader stands where the ELF says. */
static char *own_loader(void)
{
	g_autofree char *self = NULL;
	char *loader = NULL;
	gsize length;

	self = fixture_read("/proc/self/exe", &length);
	assert_true(elf64_interpreter((const guint8 *)self, length, "self", &loader, NULL));
	assert_non_null(loader);
	return loader;
}

static void test_dynamic_tool(void **state)
{
	g_autoptr(Initramfs) tree = initramfs_new();
	g_autoptr(Waiter) waiter = waiter_new();
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *loader = own_loader();
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) archive = NULL;
	g_autofree char *text = NULL;

	(void)state;
	if (!libraries_add_tool(tree, self, waiter, &error))
		fail_msg("%s", error->message);
	assert_true(initramfs_has(tree, self));
	assert_true(initramfs_has(tree, loader));
	archive = initramfs_pack(tree, NULL);
	text = listing(archive);
	assert_non_null(strstr(text, "/libc.so.6\n"));
	assert_non_null(strstr(text, "/libglib-2.0.so.0\n"));
}

static guint count_lines(const char *text)
{
	guint count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void test_static_tool(void **state)
{
	g_autoptr(Initramfs) bare = initramfs_new();
	g_autoptr(Initramfs) tree = initramfs_new();
	g_autoptr(Waiter) waiter = waiter_new();
	char *directory = tree_new();
	g_autofree char *tool = g_build_filename(directory, "tool", NULL);
	g_autoptr(GBytes) before = initramfs_pack(bare, NULL);
	g_autoptr(GBytes) after = NULL;
	g_autofree char *text = NULL;
	g_autofree char *text_before = listing(before);
	g_autofree char *line = g_strdup_printf("100755 %s\n", tool + 1);

	(void)state;
	fixture_write(tool, fixture_program("x"), 0755);
	assert_true(libraries_add_tool(tree, tool, waiter, NULL));
	after = initramfs_pack(tree, NULL);
	text = listing(after);
	assert_non_null(strstr(text, line));
	/* Beside the tool only the folder it is in (below /tmp, which is there anyway). */
	assert_int_equal(count_lines(text), count_lines(text_before) + 2);
	tree_free(directory);
}

static void expect_tool_refused(const char *tool, const char *message)
{
	g_autoptr(Initramfs) tree = initramfs_new();
	g_autoptr(Waiter) waiter = waiter_new();
	g_autoptr(GError) error = NULL;

	assert_false(libraries_add_tool(tree, tool, waiter, &error));
	if (!strstr(error->message, message))
		fail_msg("'%s' lacks '%s'", error->message, message);
}

static void test_bad_tools(void **state)
{
	char *directory = tree_new();
	g_autofree char *tool = g_build_filename(directory, "tool", NULL);
	gsize length;
	char *self, *at;

	(void)state;
	expect_tool_refused(tool, "No such file or directory");
	fixture_write(tool, fixture_program("x"), 0644);
	expect_tool_refused(tool, "is not executable");
	fixture_write(tool, g_bytes_new_static("#!/bin/sh\n", 10), 0755);
	expect_tool_refused(tool, "is not an ELF file");
	fixture_write(tool, fixture_elf(PT_INTERP, "/bin/sh\0", 8), 0755);
	expect_tool_refused(tool, "names '/bin/sh' as its loader, which is none");
	fixture_write(tool, fixture_elf(PT_INTERP, "ld-x.so\0", 8), 0755);
	expect_tool_refused(tool, "as its loader, which is none");
	fixture_write(tool, fixture_elf(PT_INTERP, "/no/ld-x.so\0", 12), 0755);
	expect_tool_refused(tool, "start '/no/ld-x.so'");
	fixture_write(tool, fixture_elf(PT_INTERP, "/lib", 4), 0755);
	expect_tool_refused(tool, "does not name its loader properly");
	/* This program, but asking for a library that nobody has. */
	self = fixture_read("/proc/self/exe", &length);
	while ((at = memmem(self, length, "libcmocka", 9)))
		memcpy(at, "libabsent", 9);
	fixture_write(tool, g_bytes_new_take(self, length), 0755);
	expect_tool_refused(tool, "needs the shared library 'libabsent.so.0', which is not on "
				  "this machine");
	tree_free(directory);
}

static const struct {
	const char *listing;
	const char *name;
} depends[] = {
	{"linux-image-rt-amd64\n  Depends: linux-image-6.1.0-56-rt-amd64\n",
	 "linux-image-6.1.0-56-rt-amd64"},
	{"linux-image-rt-amd64\n  Depends: kmod\n |Depends: linux-image-6.12-rt+x\n",
	 "linux-image-6.12-rt+x"},
	{"linux-image-rt-amd64\n  Suggests: linux-image-6\n", NULL},
	{"linux-image-rt-amd64\n  Depends: <linux-image-6>\n", NULL},
	{"  Depends: linux-image-6;reboot\n", NULL},
	{"  Depends: linux-image-../../x\n", NULL},
	{"  Depends: -oDebug=1\n", NULL},
	{"", NULL},
};

static void test_depends(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(depends); i++) {
		g_autofree char *name = package_parse_depends(depends[i].listing);

		if (depends[i].name)
			assert_string_equal(name, depends[i].name);
		else
			assert_null(name);
	}
}

static void test_releases(void **state)
{
	static const char *const good[] = {"6.1.0-56-rt-amd64", "6.12.0~rc1+x_y"};
	static const char *const wrong[] = {"", ".", "..", "a/b", "a b", ".x", "a\n"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		assert_true(deb_release_valid(good[i]));
	for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
		assert_false(deb_release_valid(wrong[i]));
}

static void test_child(void **state)
{
	const char *const argv[] = {"sh", "-c", "echo out; echo; echo why >&2; exit 3", NULL};
	const char *const absent[] = {"/no/such/program", NULL};
	g_autoptr(Waiter) waiter = waiter_new();
	g_autoptr(GError) error = NULL;
	g_auto(Child) child = {0};
	g_autofree char *complaint = NULL;

	(void)state;
	assert_true(child_run(argv, "/", 10000, waiter, &child, &error));
	assert_string_equal(child.out, "out\n\n");
	assert_int_equal(child.status, 3);
	complaint = child_complaint(&child);
	assert_string_equal(complaint, "why");
	assert_false(child_run(absent, NULL, 10000, waiter, &child, &error));
	assert_non_null(strstr(error->message, "start '/no/such/program'"));
}

static void test_child_is_ended(void **state)
{
	const char *const argv[] = {"sleep", "1000", NULL};
	g_autoptr(Waiter) waiter = waiter_new();
	g_autoptr(GError) error = NULL;
	g_auto(Child) child = {0};

	(void)state;
	assert_false(child_run(argv, NULL, 50, waiter, &child, &error));
	assert_int_equal(error->code, LATHE_ERROR_TIMEOUT);
	g_clear_error(&error);
	waiter_cancel(waiter, g_error_new(LATHE_ERROR, LATHE_ERROR_CANCELLED, "enough"));
	assert_false(child_run(argv, NULL, 600000, waiter, &child, &error));
	assert_string_equal(error->message, "enough");
	assert_null(child.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_initramfs_listing),
		cmocka_unit_test(test_initramfs_is_deterministic),
		cmocka_unit_test(test_initramfs_refuses),
		cmocka_unit_test(test_library_lists),
		cmocka_unit_test(test_dynamic_tool),
		cmocka_unit_test(test_static_tool),
		cmocka_unit_test(test_bad_tools),
		cmocka_unit_test(test_depends),
		cmocka_unit_test(test_releases),
		cmocka_unit_test(test_child),
		cmocka_unit_test(test_child_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
