/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cache and the way to memory, which CPUs share: resctrl. */
#include <string.h>

#include "cache_judge.h"
#include "cpu_flags.h"
#include "rows.h"
#include "view.h"
#include "want.h"

#define RESCTRL_RST "Documentation/filesystems/resctrl.rst"

static const char *const reads_groups[] = {CACHE_GROUPS, NULL};
static const char *const reads_masks[] = {CACHE_GROUPS, "sys/fs/resctrl/info/*/cbm_mask",
					  "sys/fs/resctrl/info/*/sparse_masks", NULL};
static const char *const reads_shareable[] = {
	CACHE_GROUPS, "sys/fs/resctrl/info/*/shareable_bits", NULL};
static const char *const reads_mounted[] = {"sys/fs/resctrl/schemata", "proc/cpuinfo",
					    NULL};

/* rdt= turns features on ("l3cat") or off ("!l3cat"). */
static KnobMatch want_rdt(const Knob *knob, KnobView *view, const KnobReading *reading,
			  char **ret_wanted, char **ret_note)
{
	static const char *const features[] = {"cmt",   "mbmtotal", "mbmlocal", "l3cat",
					       "l3cdp", "l2cat",    "l2cdp",    "mba",
					       "smba",  "bmec",     "abmc",     NULL};
	static const char *const needed[] = {"l3cat", "l2cat", "mba", NULL};
	g_auto(GStrv) words = g_strsplit(reading->value, ",", -1);
	KnobMatch match = *words ? MATCH_HOLDS : MATCH_ODD;

	(void)knob;
	(void)view;
	(void)ret_wanted;
	(void)ret_note;
	for (char **word = words; *word; word++) {
		gboolean off = **word == '!';

		if (off && g_strv_contains(needed, *word + 1))
			return MATCH_BROKEN;
		if (!g_strv_contains(features, *word + off))
			match = MATCH_ODD;
	}
	return match;
}

static void judge_allocation(const Knob *knob, KnobView *view, Finding *finding)
{
	cpu_flags_judge(knob, view, finding, "cat_l3|cat_l2", FALSE);
}

static gboolean monitoring_applies(const Knob *knob, KnobView *view, char **ret_proof)
{
	(void)knob;
	return cpu_flags_apply(view, "cqm_llc", "the CPU cannot watch its cache", ret_proof);
}

/* "L3:0=..." when code and data share the masks, "L3CODE:", "L3DATA:" when not. */
static KnobMatch want_no_cdp(const Knob *knob, KnobView *view, const KnobReading *reading,
			     char **ret_wanted, char **ret_note)
{
	g_autoptr(ResctrlSchemata) schemata =
		resctrl_schemata_parse(reading->value, strlen(reading->value), NULL);

	(void)knob;
	(void)view;
	(void)ret_wanted;
	if (!schemata || schemata->n_resources == 0)
		return MATCH_ODD;
	if (resctrl_schemata_find(schemata, "L3CODE") ||
	    resctrl_schemata_find(schemata, "L2CODE"))
		return MATCH_BROKEN;
	if (resctrl_schemata_find(schemata, "L3") ||
	    resctrl_schemata_find(schemata, "L2"))
		return MATCH_HOLDS;
	*ret_note = g_strdup("no cache is divided");
	return MATCH_IRRELEVANT;
}

/* clang-format off */
const Knob knob_rows_cache[] = {
	{
		.id	= "cache.rdt_parameter",
		.title	= "rdt= turns no allocation feature off",
		.why	= "The kernel uses what the CPU offers unless this parameter "
			  "says otherwise",
		.source	= "host and QEMU tuning notes; "
			  "Documentation/admin-guide/kernel-parameters.txt (rdt)",
		.remedy	= "put rdt=l3cat,mba on the kernel command line, without an "
			  "exclamation mark",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER,
		.path	= "rdt",
		.want	= want_rdt,
		.text	= "neither !l3cat, !l2cat nor !mba",
		.absent	= ABSENT_HOLDS,
		.absent_means = "the kernel turns on what the CPU has",
	},
	{
		.id	= "cache.allocation",
		.title	= "The CPU can divide its last-level cache",
		.why	= "Without it a neighbour that streams through memory empties "
			  "the cache of a vCPU",
		.source	= "ACRN real-time tips (CAT); host and QEMU tuning notes; " RESCTRL_RST,
		.remedy	= "use a CPU with Cache Allocation Technology, or keep other "
			  "loads off the socket",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_INFO,
		.when	= WHEN_NEVER,
		.place	= PLACE_COMPUTED,
		.judge	= judge_allocation,
		.reads	= cpu_flags_reads,
	},
	{
		.id	= "cache.resctrl_mounted",
		.title	= "resctrl is mounted where the CPU can divide its cache",
		.why	= "It is a file system: without the mount nothing can be "
			  "divided. resctrl is no kernel parameter, whatever tuning "
			  "guides say",
		.source	= "host and QEMU tuning notes; ACRN real-time tips (RDT); " RESCTRL_RST,
		.remedy	= "mount -t resctrl resctrl /sys/fs/resctrl",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= cache_judge_mounted,
		.reads	= reads_mounted,
	},
	{
		.id	= "cache.group",
		.title	= "Planned CPUs have a control group of their own",
		.why	= "In the default group they share every way of the cache with "
			  "the whole machine",
		.source	= "host and QEMU tuning notes; ACRN real-time tips (dedicated "
			  "CLOS); " RESCTRL_RST,
		.remedy	= "mkdir /sys/fs/resctrl/rt; echo PLANNED_CPUS > "
			  "/sys/fs/resctrl/rt/cpus_list (cpus takes a mask), or "
			  "<cachetune> in the domain",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= cache_judge_group,
		.reads	= reads_groups,
		.change	= cache_change_group,
		.disruption = "other programs lose half of the last-level cache that "
			      "planned CPUs use, and half of the memory bandwidth of a "
			      "core",
	},
	{
		.id	= "cache.disjoint",
		.title	= "The cache ways of planned CPUs are nobody else's",
		.why	= "Ways that two groups share are emptied by whoever uses them "
			  "more",
		.source	= "host and QEMU tuning notes; ACRN real-time tips (CAT, "
			  "dedicated CLOS); " RESCTRL_RST,
		.remedy	= "echo L3:0=MASK > /sys/fs/resctrl/schemata, with the ways of "
			  "the other groups taken out; the same for each group",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= cache_judge_disjoint,
		.reads	= reads_groups,
		.change	= cache_change_disjoint,
		.disruption = "other programs have less of the last-level cache",
	},
	{
		.id	= "cache.contiguous",
		.title	= "Each mask of cache ways is one run of ones",
		.why	= "Most Intel CPUs take no mask with holes: one like ff00ff, "
			  "which tuning guides show, is refused and the old one stays",
		.source	= "host and QEMU tuning notes; " RESCTRL_RST " (cbm_mask, sparse_masks)",
		.remedy	= "echo L3:0=ff0 > /sys/fs/resctrl/GROUP/schemata; cat "
			  "/sys/fs/resctrl/info/last_cmd_status",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= cache_judge_contiguous,
		.reads	= reads_masks,
	},
	{
		.id	= "cache.shareable",
		.title	= "The planned CPUs' ways are not those that hardware uses as "
			  "well",
		.why	= "Graphics and I/O fill the ways of shareable_bits without "
			  "asking any group",
		.source	= "ACRN real-time tips (the GPU's CLOS); " RESCTRL_RST " (shareable_bits)",
		.remedy	= "choose ways outside of "
			  "/sys/fs/resctrl/info/L3/shareable_bits",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.absent	= ABSENT_NA,
		.absent_means = "kernels before 4.13 do not tell what hardware uses",
		.judge	= cache_judge_shareable,
		.reads	= reads_shareable,
	},
	{
		.id	= "cache.exclusive",
		.title	= "The planned CPUs' group is exclusive",
		.why	= "The kernel then refuses any later mask that would overlap it",
		.source	= RESCTRL_RST " (mode)",
		.remedy	= "echo exclusive > /sys/fs/resctrl/GROUP/mode",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_INFO,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.absent	= ABSENT_NA,
		.absent_means = "kernels before 4.19 know no exclusive groups",
		.judge	= cache_judge_exclusive,
		.reads	= reads_groups,
	},
	{
		.id	= "cache.bandwidth",
		.title	= "The planned CPUs' memory bandwidth is not throttled",
		.why	= "Throttling delays each access of a core, and its cache hits "
			  "with it on some CPUs",
		.source	= "ACRN real-time tips (MBA); " RESCTRL_RST " (MB)",
		.remedy	= "echo MB:0=100 > /sys/fs/resctrl/GROUP/schemata, for each "
			  "domain",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= cache_judge_bandwidth,
		.reads	= reads_groups,
		.change	= cache_change_bandwidth,
	},
	{
		.id	= "cache.neighbours",
		.title	= "Other groups may not use the whole memory bandwidth",
		.why	= "Memory traffic of neighbours delays every miss of a vCPU",
		.source	= "ACRN real-time tips (MBA); " RESCTRL_RST " (MB)",
		.remedy	= "echo MB:0=50 > /sys/fs/resctrl/schemata, for each domain and "
			  "each group of others",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= cache_judge_neighbours,
		.reads	= reads_groups,
		.change	= cache_change_neighbours,
		.disruption = "other programs have half of the memory bandwidth of a core",
	},
	{
		.id	= "cache.cdp",
		.title	= "Code and data share their cache ways",
		.why	= "With CDP each group needs a mask for both, and half as many "
			  "groups are left",
		.source	= RESCTRL_RST " (L3CODE, L3DATA)",
		.remedy	= "mount resctrl without the option cdp",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_INFO,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/fs/resctrl/schemata",
		.want	= want_no_cdp,
		.text	= "L3, not L3CODE and L3DATA",
		.absent	= ABSENT_NA,
		.absent_means = "resctrl is not mounted",
	},
	{
		.id	= "cache.monitoring",
		.title	= "Cache occupancy and memory bandwidth can be watched",
		.why	= "A neighbour that presses on the cache leaves its trace "
			  "there, and nowhere else",
		.source	= "kvmfornfv; " RESCTRL_RST " (L3_MON)",
		.remedy	= "mount -t resctrl resctrl /sys/fs/resctrl; take !cmt out of "
			  "rdt=",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_INFO,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/fs/resctrl/info/L3_MON/mon_features",
		.want	= want_word,
		.text	= "llc_occupancy",
		.absent	= ABSENT_BROKEN,
		.absent_means = "the CPU can watch its cache, and resctrl is not mounted or "
			  "monitoring is off",
		.applies = monitoring_applies,
		.reads	= cpu_flags_reads,
	},
	{
		.id	= "cache.gpu_class",
		.title	= "The GPU's class of service does not overlap the planned "
			  "CPUs' one",
		.why	= "Hypervisors and some firmware set the class that graphics "
			  "fill the cache with; Linux shows at most shareable_bits "
			  "(cache.shareable)",
		.source	= "ACRN real-time tips (the GPU's CLOS)",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_LOW,
		.when	= WHEN_FIRMWARE,
		.place	= PLACE_EXPLAIN,
	},
	{NULL},
};
/* clang-format on */
