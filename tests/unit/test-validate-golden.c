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

#include "golden-page.h"
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

/* From within the tree: the text names the root as it was given. */
static int run_lathe(const char *arguments, const char *root, char **out, char **err)
{
	g_autofree char *line = g_strdup_printf("validate-host --root . %s", arguments);

	return golden_run(line, root, out, err);
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
		golden_compare("validate", name, out);
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
