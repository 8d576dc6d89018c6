/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The knob table's findings in a verdict. The captured trees are judged again: what counts is
 * what they show, and run.json must say the same.
 */
#include <string.h>

#include "finding.h"
#include "trees.h"
#include "verdict_check.h"

static char *key_of(const Finding *finding)
{
	return g_strdup_printf("%s %s %s", finding->vm ? finding->vm : "host", finding->scope,
			       finding->id);
}

static GHashTable *by_key(const GPtrArray *findings)
{
	GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < findings->len; i++)
		g_hash_table_insert(table, key_of(findings->pdata[i]), findings->pdata[i]);
	return table;
}

/* Another version of lathe has other rows and other words: then only what both know, and its
 * status, can be compared. */
static gboolean same_version(const Judge *judge)
{
	return g_strcmp0(judge->run->versions.lathe, LATHE_VERSION) == 0;
}

static void compare_one(const Judge *judge, const Finding *stored, const Finding *seen)
{
	Judge one = judge_of_id(judge, seen->vm);

	if (stored->status != seen->status) {
		doubt(&one, "finding %s (%s): run.json says %s, the captured tree says %s",
		      seen->id, seen->scope, finding_status_name(stored->status),
		      finding_status_name(seen->status));
	} else if (same_version(judge) && !finding_equal(stored, seen)) {
		doubt(&one, "finding %s (%s): run.json does not say what the captured tree shows",
		      seen->id, seen->scope);
	}
}

/* "host", "vm" or "guest", none of whose rows could be judged: that is a reason of its own, and
 * says it for all of them. */
static gboolean is_not_judged(const Judge *judge, const Finding *stranger, const GPtrArray *seen)
{
	gboolean of_host = strcmp(stranger->scope, knob_scope_name(SCOPE_HOST)) == 0;
	gboolean known = of_host && !stranger->vm;

	if (!of_host && run_find_vm(judge->run, stranger->vm))
		known = strcmp(stranger->scope, knob_scope_name(SCOPE_VM)) == 0 ||
			strcmp(stranger->scope, knob_scope_name(SCOPE_GUEST)) == 0;
	for (guint i = 0; known && i < seen->len; i++) {
		const Finding *finding = seen->pdata[i];

		if (strcmp(stranger->scope, finding->scope) == 0 &&
		    g_strcmp0(stranger->vm, finding->vm) == 0)
			return FALSE;
	}
	return known;
}

static void doubt_one(const Judge *judge, const Finding *finding, const char *what)
{
	Judge one = judge_of_id(judge, finding->vm);

	doubt(&one, "finding %s %s %s", finding->scope, finding->id, what);
}

static void doubt_strangers(const Judge *judge, const GPtrArray *seen)
{
	g_autoptr(GHashTable) known = by_key(seen);

	for (guint i = 0; i < judge->run->findings->len; i++) {
		const Finding *finding = judge->run->findings->pdata[i];
		g_autofree char *key = key_of(finding);

		if (!g_hash_table_contains(known, key) && !is_not_judged(judge, finding, seen))
			doubt_one(judge, finding, "is of no row of the table");
	}
}

static void compare(const Judge *judge, const GPtrArray *seen)
{
	g_autoptr(GHashTable) stored = by_key(judge->run->findings);

	if (g_hash_table_size(stored) != judge->run->findings->len)
		doubt(judge, "run.json has a finding twice");
	for (guint i = 0; i < seen->len; i++) {
		g_autofree char *key = key_of(seen->pdata[i]);
		const Finding *finding = g_hash_table_lookup(stored, key);

		if (finding)
			compare_one(judge, finding, seen->pdata[i]);
		else if (same_version(judge))
			doubt_one(judge, seen->pdata[i], "is not in run.json");
	}
	if (same_version(judge))
		doubt_strangers(judge, seen);
}

static gboolean counts(const Finding *finding)
{
	return finding->severity >= SEVERITY_HIGH;
}

/* A host that nobody held to its tuning is not qualified by a PASS. */
static void label_shown(const Judge *judge, const GPtrArray *seen)
{
	for (guint i = 0; i < seen->len; i++) {
		const Finding *finding = seen->pdata[i];

		if (counts(finding) &&
		    (finding->status == STATUS_FAIL || finding->status == STATUS_UNKNOWN)) {
			run_note(judge->run->verdict.labels, "findings not judged");
			return;
		}
	}
}

/* What is missing may have been missed already, by who read the facts from it. */
static void doubt_trees(const Judge *judge, const GPtrArray *sentences)
{
	for (guint i = 0; i < sentences->len; i++)
		if (!g_ptr_array_find_with_equal_func(judge->run->verdict.reasons,
						      sentences->pdata[i], g_str_equal, NULL))
			doubt(judge, "%s", (const char *)sentences->pdata[i]);
}

/* The measured VMs whose plans are known, and the host's CPUs that all of them reserve. */
static GArray *vms_to_judge(const Judge *judge, Cpuset *ret_cpus)
{
	GArray *vms = g_array_new(FALSE, TRUE, sizeof(TreesVm));

	*ret_cpus = (Cpuset){0};
	for (guint i = 0; i < judge->run->vms->len; i++) {
		Judge one = judge_of_vm(judge, i);
		TreesVm vm = {.vm = one.vm};

		if (!one.plan || !one.vm->rt)
			continue;
		vm.cpus = plan_reserved_cpus(one.plan);
		vm.guest_rt = one.plan->guest_rt;
		cpuset_union(ret_cpus, &vm.cpus);
		g_array_append_val(vms, vm);
	}
	return vms;
}

static void count_one(const Judge *judge, const Finding *finding, GPtrArray *failed)
{
	Judge one = judge_of_id(judge, finding->vm);
	g_autofree char *who = run_whose(judge->run, one.vm);

	if (finding->status == STATUS_FAIL)
		run_note(failed, "%sfinding %s (%s, %s): %s", who, finding->id, finding->scope,
			 finding_severity_name(finding->severity), shown(finding->reason));
	else if (finding->status == STATUS_UNKNOWN)
		doubt(&one, "finding %s (%s, %s) is UNKNOWN: %s", finding->id, finding->scope,
		      finding_severity_name(finding->severity), shown(finding->reason));
}

GPtrArray *judge_findings(const Judge *judge)
{
	GPtrArray *failed = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) doubts = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) seen = NULL;
	Cpuset reserved;
	g_autoptr(GArray) vms = vms_to_judge(judge, &reserved);

	/* Without a plan nobody knows which CPUs were meant; that is a reason already. */
	if (vms->len == 0)
		return failed;
	seen = trees_judge(judge->directory, SCOPE_HOST | SCOPE_VM | SCOPE_GUEST, &reserved,
			   (const TreesVm *)vms->data, vms->len, judge->profile->choices, doubts);
	doubt_trees(judge, doubts);
	compare(judge, seen);
	if (judge->profile->findings_shown) {
		label_shown(judge, seen);
		return failed;
	}
	for (guint i = 0; i < seen->len; i++)
		if (counts(seen->pdata[i]))
			count_one(judge, seen->pdata[i], failed);
	return failed;
}
