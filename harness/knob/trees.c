/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trees.h"

#include "judge.h"
#include "root.h"
#include "view.h"

static const struct {
	KnobScope scope;
	const char *tree;
} trees[] = {
	{SCOPE_HOST, TREE_HOST},
	{SCOPE_VM, TREE_VM},
	{SCOPE_GUEST, TREE_GUEST},
};

static void choose(KnobView *view, const GPtrArray *choices)
{
	for (guint i = 0; choices && i < choices->len; i++) {
		g_auto(GStrv) sides = g_strsplit(choices->pdata[i], "=", 2);

		if (g_strv_length(sides) == 2)
			knob_view_choose(view, sides[0], sides[1]);
	}
}

/* Why a row is there at all is asked where it does not hold: a bundle has hundreds that do. */
static void trim(gpointer data, gpointer unused G_GNUC_UNUSED)
{
	Finding *finding = data;

	if (finding->status != STATUS_PASS && finding->status != STATUS_NA)
		return;
	g_clear_pointer(&finding->why, g_free);
	g_clear_pointer(&finding->source, g_free);
}

/* NULL, with a reason, for a tree that is not there or was not captured to its end: then every
 * row would say of itself what is one fact of the run. Never where the bundle lies: it is
 * renamed when it is closed, and moved by people. */
static Root *open_tree(const char *bundle, const char *tree, GPtrArray *doubts)
{
	g_autofree char *path = g_build_filename(bundle, tree, NULL);
	g_autoptr(Root) root = root_open_captured(path, NULL);

	if (root && root_exists(root, CAPTURE_COMPLETE))
		return g_steal_pointer(&root);
	g_ptr_array_add(doubts, g_strdup_printf(root ? "the captured tree %s is not whole"
						     : "the captured tree %s is missing",
						tree));
	return NULL;
}

GPtrArray *trees_judge(const char *bundle, guint scopes, const Cpuset *host_cpus,
		       const Cpuset *guest_rt, const GPtrArray *choices, GPtrArray *doubts)
{
	g_autofree char *host_path = g_build_filename(bundle, TREE_HOST, NULL);
	g_autoptr(Root) host_root = root_open_captured(host_path, NULL);
	g_autoptr(KnobView) host =
		host_root ? knob_view_new(host_root, SCOPE_HOST, host_cpus, NULL) : NULL;
	GPtrArray *findings = findings_new();

	for (guint i = 0; i < G_N_ELEMENTS(trees); i++) {
		KnobScope scope = trees[i].scope;
		g_autoptr(Root) root = NULL;
		g_autoptr(KnobView) view = NULL;
		GPtrArray *judged;

		if (!(scopes & scope))
			continue;
		root = open_tree(bundle, trees[i].tree, doubts);
		if (!root)
			continue;
		view = knob_view_new(root, scope, scope == SCOPE_GUEST ? guest_rt : host_cpus,
				     scope == SCOPE_HOST ? NULL : host);
		choose(view, choices);
		judged = knob_judge_all(view, NULL);
		g_ptr_array_foreach(judged, trim, NULL);
		g_ptr_array_extend_and_steal(findings, judged);
	}
	return findings;
}
