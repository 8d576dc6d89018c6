/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What identifies a machine, taken out of a capture: contents, names, and what is left alone. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "error.h"
#include "scrub.h"
#include "tree.h"

#define HOST   "db1.example.org"
#define SERIAL "sys/class/dmi/id/product_serial"
#define PATHS  "lathe/errors"

static const char *const patterns[] = {"proc/sys/vm/*", "proc/cpuinfo", NULL};

/* Scrubs the tree, which knows its own serial numbers. */
static void scrub(const char *directory, const char *host)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Root) root = root_open_captured(directory, &error);
	g_autoptr(Scrub) it = root ? scrub_new(root, host, patterns, &error) : NULL;

	if (!it || !scrub_tree(it, directory, PATHS, &error))
		fail_msg("%s", error->message);
}

static void expect_bytes(const char *directory, const char *path, const char *want, gsize length)
{
	g_autofree char *file = g_build_filename(directory, path, NULL);
	g_autofree char *got = NULL;
	gsize got_length;

	if (!g_file_get_contents(file, &got, &got_length, NULL))
		fail_msg("'%s' is not there", path);
	if (got_length != length || memcmp(got, want, length) != 0)
		fail_msg("%s: '%s' instead of '%s'", path, got, want);
}

static void expect(const char *directory, const char *path, const char *want)
{
	expect_bytes(directory, path, want, strlen(want));
}

/* Alone in a file: the first number is 1. */
static const struct {
	const char *from, *to;
} contents[] = {
	{"root=UUID=04bf5932-8d8d-408c-b69d-07868c8a7374 quiet\n",
	 "root=UUID=00000000-0000-0000-0000-000000000001 quiet\n"},
	{"DCF083D0-ED7C-4A79-91E7-B901B6B8C0E5", "00000000-0000-0000-0000-000000000001"},
	{"id=b642b4217b34b1e8d3bd915fc65c4452\n", "id=00000000000000000000000000000001\n"},
	{"eth0 3c:ec:ef:12:34:56\n", "eth0 02:00:00:00:00:01\n"},
	{"eth0 3C-EC-EF-12-34-56\n", "eth0 02-00-00-00-00-01\n"},
	{"two 3c:ec:ef:12:34:56 3C:EC:EF:12:34:56 3c:ec:ef:12:34:57\n",
	 "two 02:00:00:00:00:01 02:00:00:00:00:01 02:00:00:00:00:02\n"},
	{"enx3cecef123456:\n", "enx000000000001:\n"},
	{"/dev/disk/by-id/ata-SAMSUNG_X,rw\n", "/dev/disk/by-id/scrubbed,rw\n"},
	{"naa.5002538e00123456\n", "naa.scrubbed\n"},
	{"usb 1-1: SerialNumber: 4C53 00\n", "usb 1-1: SerialNumber: scrubbed\n"},
	{"a serial=9f31 b\n", "a serial=scrubbed b\n"},
	{"Asset Tag: A-1, next\n", "Asset Tag: scrubbed, next\n"},
	{"on db1.example.org, DB1: up\n", "on scrubbed-host, scrubbed-host: up\n"},
	{"board CZJ9090XYZ czj9090xyz\n", "board scrubbed scrubbed\n"},
	/* What looks a little like it. */
	{"0000:00:1f.6 12:34:56 ffffffff,ffffffff\n", NULL},
	{"Serial: 8250/16550 driver, 4 ports\n", NULL},
	{"db10 xdb1 db1_a CZJ9090XYZ0\n", NULL},
	{"0-3,8-11 10.0.0.7 #1 SMP PREEMPT_RT\n", NULL},
	{"04bf5932-8d8d-408c-b69d-07868c8a73741\n", NULL},
	{"", NULL},
};

static void test_contents(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(contents); i++) {
		char *directory = tree_new();

		tree_write(directory, SERIAL, "CZJ9090XYZ\n");
		tree_write(directory, "proc/cmdline", contents[i].from);
		scrub(directory, HOST);
		expect(directory, "proc/cmdline",
		       contents[i].to ? contents[i].to : contents[i].from);
		expect(directory, SERIAL, "scrubbed\n");
		tree_free(directory);
	}
}

/* Bytes around a NUL, and such as are no UTF-8. */
static void test_binary(void **state)
{
	static const char from[] = "\xff\0 db1\0" "3c:ec:ef:12:34:56\xfe\n";
	static const char to[] = "\xff\0 scrubbed-host\0" "02:00:00:00:00:01\xfe\n";
	char *directory = tree_new();

	(void)state;
	tree_write_bytes(directory, "proc/x", from, sizeof from - 1);
	scrub(directory, HOST);
	expect_bytes(directory, "proc/x", to, sizeof to - 1);
	tree_free(directory);
}

/* No serial number, but a vendor's way to say that there is none: found in many texts. */
static void test_blank_serials(void **state)
{
	static const char *const blanks[] = {"None\n", "0\n", "0000000\n", "To Be Filled By O.E.M.\n",
					     "Default string\n", "12\n", "abc\n", "   \n",
					     "\n", ""};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(blanks); i++) {
		g_autofree char *text = g_strdup_printf("irq: %s and None, 0, 0000000\n",
							blanks[i]);
		char *directory = tree_new();

		tree_write(directory, SERIAL, blanks[i]);
		tree_write(directory, "proc/x", text);
		scrub(directory, HOST);
		expect(directory, "proc/x", text);
		tree_free(directory);
	}
}

static void test_names(void **state)
{
	char *directory = tree_new();
	guint there = 0;
	g_autoptr(GDir) dir = NULL;
	g_autofree char *limits = g_build_filename(directory, "etc/limits.d", NULL);

	(void)state;
	tree_write(directory, "etc/limits.d/db1.conf", "a\n");
	tree_write(directory, "etc/limits.d/DB1.conf", "b\n");
	tree_write(directory, "etc/limits.d/a\ndb1\n", "c\n");
	tree_write(directory, "etc/enx3cecef123456/x", "d\n");
	tree_write(directory, PATHS, "13\tetc/db1/serial\n2\tproc/sys/vm/x\nno tab\n");
	scrub(directory, HOST);
	dir = g_dir_open(limits, 0, NULL);
	for (const char *name; (name = g_dir_read_name(dir)); there++)
		if (strcasestr(name, "db1"))
			fail_msg("'%s' is left", name);
	/* Two that become one are still two. */
	assert_int_equal(there, 3);
	expect(directory, "etc/limits.d/a\nscrubbed-host\n", "c\n");
	expect(directory, "etc/enx000000000001/x", "d\n");
	expect(directory, PATHS, "13\tetc/scrubbed-host/serial\n2\tproc/sys/vm/x\n");
	tree_free(directory);
}

/* What a pattern spells out is the kernel's name, although the host is called so too. */
static void test_kernels_names(void **state)
{
	char *directory = tree_new();

	(void)state;
	tree_write(directory, "proc/sys/vm/stat_interval", "vm\n");
	scrub(directory, "vm");
	expect(directory, "proc/sys/vm/stat_interval", "scrubbed-host\n");
	tree_free(directory);
}

/* Packed text that cannot be unpacked cannot be said to be clean. */
static void test_broken_gzip(void **state)
{
	static const char packed[] = "\x1f\x8b\x08 db1 is in here";
	char *directory = tree_new();

	(void)state;
	tree_write_bytes(directory, "proc/config.gz", packed, sizeof packed - 1);
	scrub(directory, HOST);
	expect(directory, "proc/config.gz", "scrubbed\n");
	tree_free(directory);
}

/* A host name is no pattern, and one that cannot be told from a number is refused. */
static void test_host_names(void **state)
{
	static const char *const numbers[] = {"", ".", "10", "10.0.0.7"};
	char *directory = tree_new();
	g_autoptr(Root) root = NULL;

	(void)state;
	tree_write(directory, "proc/x", "a.* db (host[ b\n");
	scrub(directory, "a.*");
	expect(directory, "proc/x", "scrubbed-host db (host[ b\n");
	root = root_open_captured(directory, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autoptr(GError) error = NULL;

		assert_null(scrub_new(root, numbers[i], patterns, &error));
		assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_INPUT));
		assert_non_null(strstr(error->message, "cannot be told from a number"));
	}
	tree_free(directory);
}

/* A megabyte that almost matches, everywhere: searched to its end. */
static void test_long_lines(void **state)
{
	static const char *const parts[] = {"0a:", "0a-", "a", "serial", "by-id/", "naa."};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		char *directory = tree_new();
		GString *text = g_string_new(NULL);
		g_autofree char *file = g_build_filename(directory, "proc/x", NULL);
		g_autofree char *clean = NULL;

		while (text->len < 1u << 20)
			g_string_append(text, parts[i]);
		g_string_append(text, "\non db1\n");
		tree_write(directory, "proc/x", text->str);
		scrub(directory, HOST);
		assert_true(g_file_get_contents(file, &clean, NULL, NULL));
		assert_true(g_str_has_suffix(clean, "\non scrubbed-host\n"));
		g_string_free(text, TRUE);
		tree_free(directory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contents),      cmocka_unit_test(test_binary),
		cmocka_unit_test(test_blank_serials), cmocka_unit_test(test_names),
		cmocka_unit_test(test_kernels_names), cmocka_unit_test(test_broken_gzip),
		cmocka_unit_test(test_host_names),    cmocka_unit_test(test_long_lines),
	};

	return cmocka_run_group_tests_name("scrub", tests, NULL, NULL);
}
