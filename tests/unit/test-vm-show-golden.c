/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `lathe vm show-config` and `validate-config` of configs on captured machines, against golden/vm.
 * UPDATE_GOLDEN=1 rewrites those files; the difference is to be reviewed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <gio/gio.h>
#include <glib.h>
#include <string.h>

#include "golden-page.h"
#include "host-tree.h"

/* guide.cfg is the example of the KVM-RT guide; 40 cores in two sockets, 12 cores, 56 cores in two
 * sockets whose CPUs alternate, and a machine with CPUs that are offline. */
static const struct {
	const char *host, *config, *command, *file;
	int status;
} runs[] = {
	{"nri-2-socket-4-node-40-core", "guide", "show-config", "guide-2-socket.txt", 0},
	{"nri-2-socket-4-node-40-core", "guide", "show-config --format json",
	 "guide-2-socket.json", 0},
	{"nri-2-socket-4-node-40-core", "guide", "validate-config",
	 "guide-2-socket.validate.txt", 3},
	{"nri-sample1", "guide", "show-config", "guide-small.txt", 0},
	{"nri-sample1", "guide", "show-config --plan demonstration RedHawk-8.2-RT",
	 "guide-small.demonstration.txt", 0},
	{"nri-sample1", "guide", "validate-config", "guide-small.validate.txt", 2},
	{"openshift-master", "many", "show-config", "many.txt", 0},
	{"openshift-master", "many", "validate-config", "many.validate.txt", 2},
	{"openshift-master", "many", "validate-config --format json", "many.validate.json", 2},
	{"hwloc-16em64t-4s2c2t-offlines", "offline", "show-config", "offline.txt", 0},
};

static char *golden(const char *file)
{
	return g_build_filename(g_getenv("TESTS"), "golden", "vm", file, NULL);
}

static int run_lathe(const char *command, const char *directory, char **out, char **err)
{
	g_autofree char *line = g_strdup_printf("vm %s -f vms.cfg --root .", command);

	return golden_run(line, directory, out, err);
}

static void put_config(const char *root, const char *config)
{
	g_autofree char *file = g_strconcat(config, ".cfg", NULL);
	g_autofree char *path = golden(file);
	g_autofree char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	tree_write(root, "vms.cfg", text);
}

static void test_runs(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(runs); i++) {
		char *root = host_unpack(runs[i].host);
		g_autofree char *out = NULL;
		g_autofree char *err = NULL;
		int status;

		put_config(root, runs[i].config);
		status = run_lathe(runs[i].command, root, &out, &err);
		tree_free(root);
		assert_string_equal(err, "");
		golden_compare("vm", runs[i].file, out);
		assert_int_equal(status, runs[i].status);
	}
}

/* What cannot be looked at: status 1, nothing on standard output. */
static void test_mistakes(void **state)
{
	static const struct {
		const char *config, *command, *says;
	} rows[] = {
		{"[x]\n", "show-config", "vms.cfg:1: section [x] is not the UUID of a VM"},
		{"[x]\n", "validate-config", "vms.cfg:1: section [x] is not the UUID of a VM"},
		{"", "show-config nobody", "there is no VM 'nobody' in 'vms.cfg'"},
		{"", "show-config --plan any", "--plan 'any' is not qualification or demonstration"},
		{"", "validate-config --format xml", "--format 'xml' is not text or json"},
		{NULL, "show-config", "lathe vm import"},
		{NULL, "validate-config", "lathe vm import"},
		/* Who names a libvirt wants it asked. */
		{"", "validate-config --connect test:///nowhere.xml", "nowhere.xml"},
	};
	char *root = host_unpack("nri-sample1");

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_build_filename(root, "vms.cfg", NULL);
		g_autofree char *out = NULL;
		g_autofree char *err = NULL;

		if (rows[i].config)
			tree_write(root, "vms.cfg", rows[i].config);
		else
			g_unlink(path);
		assert_int_equal(run_lathe(rows[i].command, root, &out, &err), 1);
		assert_string_equal(out, "");
		if (!strstr(err, rows[i].says))
			fail_msg("%s\nhas not: %s", err, rows[i].says);
	}
	tree_free(root);
}

/* No VM breaks no rule. */
static void test_empty(void **state)
{
	char *root = host_unpack("nri-sample1");
	g_autofree char *out = NULL;
	g_autofree char *err = NULL;

	(void)state;
	tree_write(root, "vms.cfg", "# none yet\n");
	assert_int_equal(run_lathe("validate-config", root, &out, &err), 0);
	assert_string_equal(out, "vms.cfg: 0 VMs: no rule is broken\n"
				 "libvirt was not asked: the machine is a captured one\n");
	tree_free(root);
}

/* What libvirt knows of a VM is no longer unknown: the one that its test driver has. */
static void test_libvirt(void **state)
{
	static const struct {
		const char *uuid, *says, *not;
		int status;
	} rows[] = {
		{"6695eb01-f6a4-8304-79aa-97f2502e193f", "no rule is broken", "memory-missing", 0},
		{"6695eb01-f6a4-8304-79aa-97f2502e1930",
		 "error: \"test\" has no memory: libvirt has no such domain", "not known", 2},
	};
	char *root = host_unpack("openshift-master");

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *config = g_strdup_printf("[%s]\nname = test\n", rows[i].uuid);
		g_autofree char *out = NULL;
		g_autofree char *err = NULL;
		int status;

		tree_write(root, "vms.cfg", config);
		status = run_lathe("validate-config --connect test:///default", root, &out, &err);
		assert_string_equal(err, "");
		if (!strstr(out, rows[i].says) || strstr(out, rows[i].not))
			fail_msg("%s", out);
		assert_non_null(strstr(out, "libvirt was asked: test:///default\n"));
		assert_int_equal(status, rows[i].status);
	}
	tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_libvirt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
