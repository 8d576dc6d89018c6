/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every captured machine as `lathe validate-host` judges it, through the program itself,
 * against golden/validate. UPDATE_GOLDEN=1 rewrites those files; the difference is to be
 * reviewed: each FAIL and WARN must be true of that machine.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <gio/gio.h>
#include <glib.h>
#include <string.h>

#include "host-tree.h"

/* What machines without a command line and interrupts of theirs have something to say to. */
#define HARDWARE                                                                             \
	"--all --only cpu.* --only power.* --only idle.* --only memory.* --only cache.* "    \
	"--only kvm.* --only system.* --only clock.tsc*"
/* Evidence of every kind, for the formats. */
#define SAMPLE "--only cpu.* --only irq.affinity* --only boot.rcu* --only memory.h*"

static const struct {
	const char *host;
	const char *file; /* below golden/validate, behind the host's name */
	const char *arguments;
	int status;
} runs[] = {
	{"openshift-master", "txt", "--severity high", 2},
	{"openshift-master", "cpus.txt", "--all --cpus 43,47,51,55", 2},
	{"openshift-master", "json", SAMPLE " --format json --cpus 43,99", 2},
	{"openshift-master", "xml", SAMPLE " --format junit --cpus 43,99", 2},
	{"openshift-master", "tap", SAMPLE " --format tap --cpus 43,99", 2},
	{"openshift-worker2", "md", "--all --format markdown --cpus 7,15,23,31", 2},
	{"openshift-worker2", "irq.txt", "--all --only irq.* --cpus 7", 2},
	{"hwloc-16em64t-4s2c2t", "txt", HARDWARE " --cpus 2,10", 2},
	{"hwloc-16em64t-4s2c2t-offlines", "txt", HARDWARE " --cpus 0-2", 2},
	{"hwloc-48amd64-4pa2n6c-sparse", "txt", HARDWARE " --cpus 11,23", 2},
	{"hwloc-64amd64-4s2n4ca2co", "txt", HARDWARE " --cpus 60-63", 2},
	{"libvirt-resctrl", "txt", HARDWARE " --cpus 0-5", 2},
	{"lscpu-x86_64-64cpu", "txt", HARDWARE, 2},
	{"nri-2-socket-4-node-40-core", "txt", HARDWARE " --cpus 39,79", 2},
	{"nri-sample1", "txt", HARDWARE " --cpus 14,15", 2},
};

/* The exit status. From within the tree: the text names the root as it was given. */
static int run_lathe(const char *arguments, const char *root, char **out, char **err)
{
	g_autofree char *program = g_build_filename(g_getenv("BUILD"), "lathe", NULL);
	g_autofree char *line =
		g_strdup_printf("%s validate-host --root . %s", program, arguments);
	g_auto(GStrv) argv = g_strsplit(line, " ", -1);
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
	g_autoptr(GSubprocess) child = NULL;

	g_subprocess_launcher_set_cwd(launcher, root);
	child = g_subprocess_launcher_spawnv(launcher, (const char *const *)argv, NULL);
	assert_non_null(child);
	assert_true(g_subprocess_communicate_utf8(child, NULL, NULL, out, err, NULL));
	assert_true(g_subprocess_get_if_exited(child));
	return g_subprocess_get_exit_status(child);
}

static void compare(const char *name, const char *seen)
{
	g_autofree char *path =
		g_build_filename(g_getenv("TESTS"), "golden", "validate", name, NULL);
	g_autofree char *expected = NULL;
	g_auto(GStrv) a = NULL;
	g_auto(GStrv) b = NULL;

	if (g_getenv("UPDATE_GOLDEN"))
		assert_true(g_file_set_contents(path, seen, -1, NULL));
	if (!g_file_get_contents(path, &expected, NULL, NULL))
		fail_msg("cannot read %s", path);
	a = g_strsplit(seen, "\n", -1);
	b = g_strsplit(expected, "\n", -1);
	for (guint i = 0; a[i] || b[i]; i++)
		if (!a[i] || !b[i] || strcmp(a[i], b[i]) != 0)
			fail_msg("%s, line %u:\n- %s\n+ %s", name, i + 1, b[i] ? b[i] : "(end)",
				 a[i] ? a[i] : "(end)");
}

static void test_host(void **state)
{
	const char *host = *state;
	char *root = host_unpack(host);
	guint count = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(runs); i++) {
		g_autofree char *name = g_strdup_printf("%s.%s", host, runs[i].file);
		g_autofree char *out = NULL;
		g_autofree char *err = NULL;
		int status;

		if (strcmp(runs[i].host, host) != 0)
			continue;
		status = run_lathe(runs[i].arguments, root, &out, &err);
		assert_string_equal(err, "");
		compare(name, out);
		assert_int_equal(status, runs[i].status);
		count++;
	}
	tree_free(root);
	assert_true(count > 0);
}

int main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(host_trees)];

	for (gsize i = 0; i < G_N_ELEMENTS(host_trees); i++)
		tests[i] = (struct CMUnitTest){host_trees[i], test_host, NULL, NULL,
					       (void *)host_trees[i]};
	return cmocka_run_group_tests_name("validate-golden", tests, NULL, NULL);
}
