/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trees.h"

#include "judge.h"
#include "root.h"

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

/* Nobody could look: every row says so. */
static void add_missing(GPtrArray *into, KnobScope scope, const char *why)
{
	KNOB_FOREACH (layer, knob) {
		Finding *finding;

		if (!(knob->scopes & scope) || knob->place == PLACE_EXPLAIN)
			continue;
		finding = knob_finding_new(layer, knob, scope);
		knob_conclude(knob, finding, MATCH_ODD, "%s", why);
		g_ptr_array_add(into, finding);
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

GPtrArray *trees_judge(const char *bundle, guint scopes, const Cpuset *host_cpus,
		       const Cpuset *guest_rt, const GPtrArray *choices)
{
	g_autofree char *host_path = g_build_filename(bundle, TREE_HOST, NULL);
	g_autoptr(Root) host_root = root_open_captured(host_path, NULL);
	g_autoptr(KnobView) host =
		host_root ? knob_view_new(host_root, SCOPE_HOST, host_cpus, NULL) : NULL;
	GPtrArray *findings = findings_new();

	for (guint i = 0; i < G_N_ELEMENTS(trees); i++) {
		KnobScope scope = trees[i].scope;
		g_autofree char *path = g_build_filename(bundle, trees[i].tree, NULL);
		g_autoptr(GError) error = NULL;
		g_autoptr(Root) root = NULL;
		g_autoptr(KnobView) view = NULL;
		GPtrArray *judged;

		if (!(scopes & scope))
			continue;
		root = root_open_captured(path, &error);
		if (!root) {
			add_missing(findings, scope, error->message);
			continue;
		}
		view = knob_view_new(root, scope, scope == SCOPE_GUEST ? guest_rt : host_cpus,
				     scope == SCOPE_HOST ? NULL : host);
		choose(view, choices);
		judged = knob_judge_all(view, NULL);
		g_ptr_array_foreach(judged, trim, NULL);
		g_ptr_array_extend_and_steal(findings, judged);
	}
	return findings;
}
