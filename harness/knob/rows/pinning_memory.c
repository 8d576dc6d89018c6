/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the VM's memory and cache were meant to be, <numatune> and <cachetune>, and whether
 * what runs is what was defined.
 */
#include <string.h>

#include "domain_values.h"
#include "judge.h"
#include "planned.h"
#include "rows.h"

static const char *const domain_file[] = {"domain-live.xml", NULL};
static const char *const both_files[] = {"domain-live.xml", "domain-defined.xml", NULL};

/* A wrong node is as far away as any. */
static void judge_nodeset(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(GPtrArray) sets =
		domain_values_or_unknown(knob, view, finding, "/domain/numatune/memory/@nodeset");
	g_autofree char *wanted = NULL;
	Cpuset nodes, given;

	if (!sets)
		return;
	if (!knob_view_host(view)) {
		knob_conclude(knob, finding, MATCH_ODD, "nobody looked at the host's nodes");
		return;
	}
	if (!planned_nodes(knob, knob_view_host(view), finding, &nodes))
		return;
	wanted = cpulist_format(&nodes);
	finding_add_evidence(finding, g_strdup("/domain/numatune/memory/@nodeset"),
			     g_strdup(sets->len == 1 ? sets->pdata[0] : "not there"),
			     g_strdup(wanted));
	if (sets->len != 1 || !cpulist_parse(sets->pdata[0], CPUSET_CPUS, &given, NULL) ||
	    cpuset_count(&given) == 0)
		knob_conclude(knob, finding, MATCH_ODD, "its nodeset is no list of nodes");
	else if (cpuset_is_subset(&given, &nodes))
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "the VM's memory may come from nodes %s, its CPUs are on %s",
			      (char *)sets->pdata[0], wanted);
}

static void judge_numatune(const Knob *knob, KnobView *view, Finding *finding)
{
	KnobView *host = knob_view_host(view);
	g_autoptr(GPtrArray) modes =
		domain_values_or_unknown(knob, view, finding, "/domain/numatune/memory/@mode");
	Cpuset nodes;

	if (!modes)
		return;
	if (host && knob_view_cpulist(host, "sys/devices/system/node/online", &nodes, NULL) &&
	    cpuset_count(&nodes) <= 1) {
		knob_conclude(knob, finding, MATCH_IRRELEVANT, "the host has one NUMA node");
		return;
	}
	if (host && knob_view_complete(host) &&
	    !knob_view_exists(host, "sys/devices/system/node/online")) {
		knob_conclude(knob, finding, MATCH_IRRELEVANT, "the host's kernel knows no NUMA");
		return;
	}
	finding_add_evidence(finding, g_strdup("/domain/numatune/memory/@mode"),
			     g_strdup(modes->len == 1 ? modes->pdata[0] : "not there"),
			     g_strdup("strict"));
	if (modes->len != 1 || strcmp(modes->pdata[0], "strict") != 0)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "the VM's memory may come from any node of the host");
	else
		judge_nodeset(knob, view, finding);
}

/* libvirt tells in KiB what it may have been given in another unit. */
#define MEMORY_KIB                                                                           \
	"number(/domain/memory) * (1 + 1023 * (/domain/memory/@unit = 'MiB') + "             \
	"1048575 * (/domain/memory/@unit = 'GiB'))"

/* What libvirt was given against what runs, where a difference matters. */
static void judge_drift(const Knob *knob, KnobView *view, Finding *finding)
{
	static const char *const subjects[] = {
		"/domain/vcpu",
		MEMORY_KIB,
		"/domain/cputune/vcpupin/@cpuset",
		"/domain/cputune/emulatorpin/@cpuset",
		"boolean(/domain/memoryBacking/locked)",
		"boolean(/domain/memoryBacking/nosharepages)",
		"string(/domain/cpu/@mode)",
	};

	for (guint i = 0; i < G_N_ELEMENTS(subjects); i++) {
		int errnum = 0;
		g_autoptr(GPtrArray) live = domain_values_or_unknown(knob, view, finding, subjects[i]);
		g_autoptr(GPtrArray) defined =
			live ? domain_values_defined(view, subjects[i], &errnum) : NULL;
		gboolean same = live && defined && live->len == defined->len;

		if (!live)
			return;
		if (!defined) {
			knob_conclude(knob, finding, MATCH_ODD, "domain-defined.xml: %s",
				      g_strerror(errnum));
			return;
		}
		for (guint k = 0; same && k < live->len; k++)
			same = strcmp(live->pdata[k], defined->pdata[k]) == 0;
		if (!same) {
			knob_conclude(knob, finding, MATCH_BROKEN,
				      "%s of the running VM is not what was defined",
				      subjects[i]);
			return;
		}
	}
	knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

/* Only where the host can divide its cache. */
static void judge_cachetune(const Knob *knob, KnobView *view, Finding *finding)
{
	KnobView *host = knob_view_host(view);
	g_autoptr(GPtrArray) tuned =
		domain_values_or_unknown(knob, view, finding, "count(/domain/cputune/cachetune)");

	if (!tuned)
		return;
	if (host && knob_view_complete(host) &&
	    !knob_view_exists(host, "sys/fs/resctrl/schemata")) {
		knob_conclude(knob, finding, MATCH_IRRELEVANT,
			      "the host has no resctrl: sys/fs/resctrl/schemata is absent");
		return;
	}
	finding_add_evidence(finding, g_strdup("/domain/cputune/cachetune"),
			     g_strdup(tuned->pdata[0]), g_strdup("one at least"));
	if (strcmp(tuned->pdata[0], "0") == 0)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "the vCPUs share the cache's ways with everything else");
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

/* clang-format off */
#define VM_ROW                                                                               \
	.scopes = SCOPE_VM, .when = WHEN_VM_RESTART, .place = PLACE_COMPUTED

const Knob knob_rows_pinning_memory[] = {
	{
		.id	= "pinning.cachetune",
		.title	= "The vCPUs have ways of the cache for themselves",
		.why	= "a neighbour that streams through memory empties the guest's cache",
		.source	= "ACRN real-time tips (CAT); host and QEMU tuning notes (resctrl, tasks)",
		.remedy	= "add <cachetune vcpus='0-N'><cache .../></cachetune> to <cputune>",
		VM_ROW, .severity = SEVERITY_LOW,
		.judge	= judge_cachetune, .reads = domain_file,
	},
	{
		.id	= "pinning.numatune",
		.title	= "The VM's memory is bound to its NUMA node",
		.why	= "memory of another node takes half as long again, and shares the link "
			  "between the sockets",
		.source	= "KVM-RT guide (numatune); host and QEMU tuning notes (NUMA)",
		.remedy	= "add <numatune><memory mode='strict' nodeset='NODE'/></numatune>",
		VM_ROW, .severity = SEVERITY_HIGH,
		.judge	= judge_numatune, .reads = domain_file,
	},
	{
		.id	= "pinning.drift",
		.title	= "The running VM is as it was defined",
		.why	= "what somebody changed at run time is not there after the next start",
		.source	= "KVM-RT guide (kvmrt-sync-config -r)",
		.remedy	= "restart the VM, or write the change into its definition",
		VM_ROW, .severity = SEVERITY_MEDIUM,
		.judge	= judge_drift, .reads = both_files,
	},
	{0},
};
/* clang-format on */
