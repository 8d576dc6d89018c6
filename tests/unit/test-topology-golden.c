/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every captured machine as `lathe topology` and `lathe plan` show it, in each format, against
 * golden/topology. UPDATE_GOLDEN=1 rewrites those files; the difference is to be reviewed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <gio/gio.h>
#include <glib.h>
#include <string.h>

#include "error.h"
#include "golden-page.h"
#include "host-tree.h"
#include "plan_text.h"
#include "propose.h"
#include "topology.h"
#include "topology_text.h"

#define N_VCPUS 4

typedef char *(*View)(const Topology *topology, GError **error);

static char *as_text(const Topology *topology, GError **error)
{
	(void)error;
	return topology_text(topology);
}

static char *as_json(const Topology *topology, GError **error)
{
	(void)error;
	return topology_json(topology);
}

static char *propose(const Topology *topology, gboolean json, GError **error)
{
	g_autoptr(Proposal) proposal =
		proposal_new(topology, NULL, N_VCPUS, PROPOSAL_ANY_NODE, error);
	g_autoptr(Plan) plan = proposal ? proposal_plan(proposal, error) : NULL;

	if (!plan)
		return NULL;
	return json ? proposal_json(proposal, plan) : proposal_text(proposal, plan, topology);
}

static char *plan_as_text(const Topology *topology, GError **error)
{
	return propose(topology, FALSE, error);
}

static char *plan_as_json(const Topology *topology, GError **error)
{
	return propose(topology, TRUE, error);
}

static const struct {
	const char *suffix; /* of the expected file */
	View view;
	const char *command; /* that prints it */
} views[] = {
	{"topology.txt", as_text, "topology"},
	{"topology.json", as_json, "topology --format json"},
	{"plan.txt", plan_as_text, "plan --vcpus 4"},
	{"plan.json", plan_as_json, "plan --vcpus 4 --format json"},
};

/* What main() makes of an error. */
static char *error_text(const GError *error)
{
	const char *hint = lathe_error_get_hint(error);

	assert_non_null(error);
	return hint ? g_strdup_printf("lathe: %s\nlathe: hint: %s\n", error->message, hint)
		    : g_strdup_printf("lathe: %s\n", error->message);
}

static int run_lathe(const char *command, const char *root, char **out, char **err)
{
	g_autofree char *line = g_strdup_printf("%s --root %s", command, root);

	return golden_run(line, NULL, out, err);
}

static void compare(const char *host, gsize view, const char *seen)
{
	g_autofree char *name = g_strdup_printf("%s.%s", host, views[view].suffix);

	golden_compare("topology", name, seen);
}

static void test_views(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(host_trees); i++) {
		char *directory = host_unpack(host_trees[i]);
		g_autoptr(Root) root = root_open_captured(directory, NULL);
		g_autoptr(Topology) topology = topology_read(root, NULL);

		assert_non_null(topology);
		for (gsize view = 0; view < G_N_ELEMENTS(views); view++) {
			g_autoptr(GError) error = NULL;
			g_autofree char *text = views[view].view(topology, &error);
			g_autofree char *seen = text ? g_strdup(text) : error_text(error);

			compare(host_trees[i], view, seen);
		}
		tree_free(directory);
	}
}

/* One machine that has room for the VM and one that has not, through the program itself. */
static void test_commands(void **state)
{
	static const struct {
		const char *host;
		gboolean fits;
	} hosts[] = {{"nri-sample1", TRUE}, {"lscpu-x86_64-64cpu", FALSE}};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(hosts); i++) {
		char *root = host_unpack(hosts[i].host);

		for (gsize view = 0; view < G_N_ELEMENTS(views); view++) {
			gboolean good = hosts[i].fits || views[view].view == as_text ||
					views[view].view == as_json;
			g_autofree char *out = NULL;
			g_autofree char *err = NULL;

			assert_int_equal(run_lathe(views[view].command, root, &out, &err), !good);
			assert_string_equal(good ? err : out, "");
			compare(hosts[i].host, view, good ? out : err);
		}
		tree_free(root);
	}
}

/* A machine that is not in the list would be tested by nobody. */
static void test_list_is_whole(void **state)
{
	g_autofree char *path = g_build_filename(g_getenv("TESTS"), "hosts", NULL);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *entry;
	guint count = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = g_dir_read_name(dir)))
		count += g_str_has_suffix(entry, ".tree");
	assert_int_equal(count, G_N_ELEMENTS(host_trees));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_list_is_whole),
	};

	return cmocka_run_group_tests_name("topology-golden", tests, NULL, NULL);
}
