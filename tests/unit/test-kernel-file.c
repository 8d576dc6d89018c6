/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The release that a kernel's file names, and where its modules lie. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "error.h"
#include "kernel-file.h"
#include "tree.h"

#define SIZE 4096
#define AT   0x300

/* A bzImage's head: `version` stands at AT, its pointer says `pointer`. */
static void put_kernel(const char *tree, const char *version, guint pointer, gsize size)
{
	g_autofree char *head = g_malloc0(SIZE);

	memcpy(head + 0x202, "HdrS", 4);
	head[0x20e] = (char)(pointer & 0xff);
	head[0x20f] = (char)(pointer >> 8);
	memcpy(head + AT, version, strlen(version));
	tree_write_bytes(tree, "boot/vmlinuz", head, (gssize)size);
}

static const struct {
	const char *version;
	guint pointer;
	gsize size;
	const char *release; /* NULL: an error */
} files[] = {
	{"6.1.0-56-rt-amd64 (a@b) #1 SMP", AT - 0x200, SIZE, "6.1.0-56-rt-amd64"},
	{"6.1.0 ", AT - 0x200, SIZE, "6.1.0"},
	/* No blank behind it, nothing there, far away, cut off. */
	{"6.1.0", AT - 0x200, SIZE, NULL},
	{" x", AT - 0x200, SIZE, NULL},
	{"6.1.0 x", 0xffff, SIZE, NULL},
	{"6.1.0 x", AT - 0x200, AT + 3, NULL},
	{"6.1.0 x", AT - 0x200, 0x20f, NULL},
	{"6.1.0 x", AT - 0x200, 0, NULL},
	{"6.1.0\033[2J x", AT - 0x200, SIZE, NULL},
	{"00000000001111111111222222222233333333334444444444555555555566666 x", AT - 0x200, SIZE,
	 NULL},
};

static void test_release(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		char *tree = tree_new();
		g_autofree char *path = g_build_filename(tree, "boot", "vmlinuz", NULL);
		g_autoptr(GError) error = NULL;
		g_autofree char *release = NULL;

		put_kernel(tree, files[i].version, files[i].pointer, files[i].size);
		release = kernel_file_release(path, &error);
		if (g_strcmp0(release, files[i].release) != 0)
			fail_msg("case %zu: %s", i, release ? release : error->message);
		assert_true(release || strstr(error->message, "vmlinuz"));
		tree_free(tree);
	}
}

static void test_no_file(void **state)
{
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_null(kernel_file_release("/nonexistent/vmlinuz", &error));
	assert_non_null(strstr(error->message, "/nonexistent/vmlinuz"));
}

static void test_modules(void **state)
{
	static const char *const kernels[] = {"boot/vmlinuz", "vmlinuz"};
	char *tree = tree_new();
	g_autofree char *wanted = g_build_filename(tree, "lib", "modules", "9.9.9-test", NULL);

	(void)state;
	tree_write(tree, "lib/modules/9.9.9-test/modules.dep", "");
	for (gsize i = 0; i < G_N_ELEMENTS(kernels); i++) {
		g_autofree char *kernel = g_build_filename(tree, kernels[i], NULL);
		g_autofree char *modules = kernel_file_modules(kernel, "9.9.9-test");
		g_autofree char *other = kernel_file_modules(kernel, "9.9.8-test");
		g_autofree char *out = kernel_file_modules(kernel, "..");
		g_autofree char *below = kernel_file_modules(kernel, "9.9.9-test/..");

		assert_string_equal(modules, wanted);
		assert_null(other);
		assert_null(out);
		assert_null(below);
	}
	tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_modules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
