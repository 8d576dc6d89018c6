/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trees.h"

#include "choice.h"
#include "judge.h"
#include "root.h"
#include "view.h"

typedef struct {
	KnobScope scope;
	const TreesVm *of;     /* NULL: the host */
	char *before, *after; /* after NULL: it does not change */
} Tree;

typedef struct {
	const char *bundle;
	const Cpuset *host_cpus;
	const GPtrArray *choices;
	KnobView *host; /* as it was before; NULL: nobody knows */
	GPtrArray *findings, *doubts;
} Judging;

/* Why a row is there at all is asked where it does not hold: a bundle has hundreds that do. */
static void trim(Finding *finding)
{
	if (finding->status != STATUS_PASS && finding->status != STATUS_NA)
		return;
	g_clear_pointer(&finding->why, g_free);
	g_clear_pointer(&finding->source, g_free);
}

/* By what it costs a verdict: nobody knows is a doubt, WARN is none. */
static guint badness(const Finding *finding)
{
	static const guint of_status[FINDING_STATUSES] = {
		[STATUS_WARN] = 1, [STATUS_UNKNOWN] = 2, [STATUS_FAIL] = 3};

	return of_status[finding->status];
}

/* Takes both. */
static Finding *worse_of(Finding *before, Finding *after)
{
	g_autofree char *reason = NULL;

	if (badness(after) <= badness(before)) {
		finding_free(after);
		return before;
	}
	finding_free(before);
	reason = after->reason;
	after->reason = g_strdup_printf("after the measurement: %s", reason ? reason : "");
	return after;
}

/* NULL, with a reason, for a tree that is not there or was not captured to its end: then every
 * row would say of itself what is one fact of the run. Never where the bundle lies: it is
 * renamed when it is closed, and moved by people. */
static Root *open_tree(const Judging *judging, const char *tree)
{
	g_autofree char *path = g_build_filename(judging->bundle, tree, NULL);
	g_autoptr(Root) root = root_open_captured(path, NULL);

	if (root && root_exists(root, CAPTURE_COMPLETE))
		return g_steal_pointer(&root);
	g_ptr_array_add(judging->doubts,
			g_strdup_printf(root ? "the captured tree %s is not whole"
					     : "the captured tree %s is missing",
					tree));
	return NULL;
}

static KnobView *view_of(const Judging *judging, const Tree *tree, const Root *root)
{
	KnobScope scope = tree->scope;
	const Cpuset *cpus = !tree->of		   ? judging->host_cpus
			     : scope == SCOPE_GUEST ? &tree->of->guest_rt
						    : &tree->of->cpus;
	KnobView *view =
		knob_view_new(root, scope, cpus, scope == SCOPE_HOST ? NULL : judging->host);

	choices_make(view, judging->choices);
	return view;
}

static void judge_tree(const Judging *judging, const Tree *tree)
{
	g_autoptr(Root) root_before = open_tree(judging, tree->before);
	g_autoptr(Root) root_after = NULL;
	g_autoptr(KnobView) before = NULL;
	g_autoptr(KnobView) after = NULL;

	if (!root_before)
		return;
	before = view_of(judging, tree, root_before);
	root_after = tree->after ? open_tree(judging, tree->after) : NULL;
	after = root_after ? view_of(judging, tree, root_after) : NULL;
	if (after)
		knob_view_set_before(after, before);
	KNOB_FOREACH (layer, knob) {
		Finding *finding;

		if (!knob_is_judged(knob, tree->scope))
			continue;
		finding = knob_judge(layer, knob,
				     after && knob->again == AGAIN_SINCE ? after : before);
		if (after && knob->again == AGAIN_WORSE)
			finding = worse_of(finding, knob_judge(layer, knob, after));
		trim(finding);
		finding->vm = g_strdup(tree->of ? tree->of->vm->id : NULL);
		g_ptr_array_add(judging->findings, finding);
	}
}

static void judge_one(const Judging *judging, KnobScope scope, const TreesVm *of)
{
	Tree tree = {.scope = scope, .of = of};

	switch (scope) {
	case SCOPE_HOST:
		tree.before = g_strdup(TREE_HOST);
		tree.after = g_strdup(TREE_HOST_AFTER);
		break;
	case SCOPE_VM:
		tree.before = run_vm_path(of->vm, "vm", NULL);
		break;
	case SCOPE_GUEST:
		tree.before = run_vm_path(of->vm, "guest", "before");
		tree.after = run_vm_path(of->vm, "guest", "after");
		break;
	}
	judge_tree(judging, &tree);
	g_free(tree.before);
	g_free(tree.after);
}

GPtrArray *trees_judge(const char *bundle, guint scopes, const Cpuset *host_cpus,
		       const TreesVm *vms, guint n, const GPtrArray *choices, GPtrArray *doubts)
{
	static const KnobScope of_vm[] = {SCOPE_VM, SCOPE_GUEST};
	g_autofree char *host_path = g_build_filename(bundle, TREE_HOST, NULL);
	g_autoptr(Root) host_root = root_open_captured(host_path, NULL);
	g_autoptr(KnobView) host =
		host_root ? knob_view_new(host_root, SCOPE_HOST, host_cpus, NULL) : NULL;
	const Judging judging = {bundle, host_cpus, choices, host, findings_new(), doubts};

	if (scopes & SCOPE_HOST)
		judge_one(&judging, SCOPE_HOST, NULL);
	for (guint i = 0; i < n; i++)
		for (gsize k = 0; k < G_N_ELEMENTS(of_vm); k++)
			if (scopes & of_vm[k])
				judge_one(&judging, of_vm[k], &vms[i]);
	return judging.findings;
}
