/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel does with memory by itself, and where memory is. */
#include <string.h>

#include "choice.h"
#include "memory_judge.h"
#include "number.h"
#include "rows.h"
#include "view.h"
#include "set.h"
#include "want.h"

#define VM_RST "Documentation/admin-guide/sysctl/vm.rst"
#define BOTH   (SCOPE_HOST | SCOPE_GUEST)

static gboolean memory_total_bytes(KnobView *view, guint64 *ret)
{
	const char *text = knob_view_read(view, "proc/meminfo", NULL);
	const char *at = text ? strstr(text, "MemTotal:") : NULL;
	Span span;

	if (!at)
		return FALSE;
	span = span_of(at + strlen("MemTotal:"));
	span_skip_blanks(&span);
	if (!span_take_number(&span, G_MAXUINT64 >> 10, ret) || *ret == 0)
		return FALSE;
	*ret <<= 10;
	return TRUE;
}

/* A ratio in percent; 0 says that the file in bytes, named in `text`, counts instead. */
static KnobMatch want_dirty(const Knob *knob, KnobView *view, const KnobReading *reading,
			    char **ret_wanted, char **ret_note)
{
	g_autofree char *path = g_strconcat("proc/sys/vm/", knob->text, NULL);
	Span span = span_of(reading->value);
	guint64 ratio, total;
	gint64 bytes;

	*ret_wanted = g_strdup_printf("at most %d %% of memory", (int)knob->max);
	if (!span_take_number(&span, 100, &ratio) || span.at != span.end)
		return MATCH_ODD;
	if (ratio > 0)
		return ratio <= (guint64)knob->max ? MATCH_HOLDS : MATCH_BROKEN;
	if (!knob_view_number(view, path, 1, G_MAXINT64, &bytes, NULL) ||
	    !memory_total_bytes(view, &total)) {
		*ret_note =
			g_strdup_printf("%s is to count, and says nothing", knob->text);
		return MATCH_ODD;
	}
	*ret_note = g_strdup_printf("%s: %" G_GINT64_FORMAT " bytes", knob->text, bytes);
	return (guint64)bytes <= total / 100 * (guint64)knob->max ? MATCH_HOLDS
								  : MATCH_BROKEN;
}

/* Where the share is given in bytes, writing the ratio would end that for good. */
static char *set_dirty(const Knob *knob, KnobView *view, const KnobReading *reading)
{
	return strcmp(reading->value, "0") == 0 ? NULL : set_number(knob, view, reading);
}

/* "10 21": one number for each node, 10 for itself (ACPI SLIT). */
static KnobMatch want_distances(const Knob *knob, KnobView *view,
				const KnobReading *reading, char **ret_wanted,
				char **ret_note)
{
	Span span = span_of(reading->value);
	gboolean itself = FALSE;

	(void)knob;
	(void)view;
	(void)ret_wanted;
	(void)ret_note;
	do {
		guint64 distance;

		if (!span_take_number(&span, 255, &distance) || distance < 10)
			return MATCH_ODD;
		itself = itself || distance == 10;
	} while (span_take_literal(&span, " "));
	return span.at == span.end && itself ? MATCH_HOLDS : MATCH_ODD;
}

static const char *const reads_dirty[] = {"proc/sys/vm/dirty_bytes", "proc/meminfo",
					  NULL};
static const char *const reads_dirty_background[] = {"proc/sys/vm/dirty_background_bytes",
						     "proc/meminfo", NULL};

/* clang-format off */
const Knob knob_rows_reclaim[] = {
	{
		.id	= "memory.swappiness",
		.title	= "Anonymous memory is swapped out late",
		.why	= "The kernel otherwise swaps out memory that is merely idle, to "
			  "keep more of the file cache",
		.source	= "tuned latency-performance; OpenShift node tuning operator; "
			  "rtcqs; " VM_RST,
		.remedy	= "sysctl vm.swappiness=10",
		.scopes	= BOTH,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "proc/sys/vm/swappiness",
		.want	= want_number,
		.text	= "at most 10",
		.min	= 0,
		.max	= 10,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel cannot swap",
		.set	= set_number,
		.disruption = "under pressure files are dropped from memory before programs "
			      "are swapped out",
	},
	{
		.id	= "memory.dirty_ratio",
		.title	= "Writers are made to write back early",
		.why	= "A large dirty share lets writeback come as one long burst, and "
			  "writers stall in it",
		.source	= "tuned latency-performance; OpenShift node tuning operator; " VM_RST,
		.remedy	= "sysctl vm.dirty_ratio=10",
		.scopes	= BOTH,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "proc/sys/vm/dirty_ratio",
		.want	= want_dirty,
		.text	= "dirty_bytes",
		.max	= 10,
		.reads	= reads_dirty,
		.set	= set_dirty,
		.disruption = "writers wait for the disk sooner",
	},
	{
		.id	= "memory.dirty_background_ratio",
		.title	= "Writeback begins early",
		.why	= "It then comes often and in small pieces",
		.source	= "tuned latency-performance; OpenShift node tuning operator; " VM_RST,
		.remedy	= "sysctl vm.dirty_background_ratio=3",
		.scopes	= BOTH,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "proc/sys/vm/dirty_background_ratio",
		.want	= want_dirty,
		.text	= "dirty_background_bytes",
		.max	= 3,
		.reads	= reads_dirty_background,
		.set	= set_dirty,
		.disruption = "more small writes to the disk",
	},
	{
		.id	= "memory.zone_reclaim_mode",
		.title	= "A full node takes memory of another one before it reclaims",
		.why	= "Reclaim in the path of an allocation stalls it; a page of "
			  "another node is only slower",
		.source	= VM_RST,
		.remedy	= "sysctl vm.zone_reclaim_mode=0",
		.scopes	= BOTH,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "proc/sys/vm/zone_reclaim_mode",
		.want	= want_number,
		.text	= "0",
		.absent	= ABSENT_NA,
		.absent_means = "this kernel knows no NUMA nodes",
		.set	= set_text,
		.disruption = "more memory of other nodes is used",
	},
	{
		.id	= "memory.compaction_proactiveness",
		.title	= "Memory is not compacted in the background",
		.why	= "kcompactd looks every half second, moves pages of any process, "
			  "and shoots down the TLBs that held them",
		.source	= VM_RST " (compaction_proactiveness)",
		.remedy	= "sysctl vm.compaction_proactiveness=0",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "proc/sys/vm/compaction_proactiveness",
		.want	= want_number,
		.text	= "0",
		.absent	= ABSENT_NA,
		.absent_means = "kernels before 5.9 do not compact by themselves",
		.set	= set_text,
		.disruption = "huge pages are harder to get",
	},
	{
		.id	= "memory.compact_unevictable",
		.title	= "Compaction leaves locked memory alone",
		.why	= "A locked page that compaction moves costs its owner a minor "
			  "fault, which is why PREEMPT_RT turns this off",
		.source	= VM_RST " (compact_unevictable_allowed)",
		.remedy	= "sysctl vm.compact_unevictable_allowed=0",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "proc/sys/vm/compact_unevictable_allowed",
		.want	= want_number,
		.text	= "0",
		.absent	= ABSENT_NA,
		.absent_means = "this kernel does not compact memory",
		.set	= set_text,
		.disruption = "huge pages are harder to get",
	},
	{
		.id	= "memory.watermark_boost",
		.title	= "Fragmentation does not set off reclaim",
		.why	= "A boosted watermark wakes kswapd to reclaim more than anybody "
			  "asked for",
		.source	= VM_RST " (watermark_boost_factor)",
		.remedy	= "sysctl vm.watermark_boost_factor=0",
		.scopes	= BOTH,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "proc/sys/vm/watermark_boost_factor",
		.want	= want_number,
		.text	= "0",
		.absent	= ABSENT_NA,
		.absent_means = "kernels before 5.0 do not boost watermarks",
		.set	= set_text,
		.disruption = "memory becomes fragmented sooner",
	},
	{
		.id	= "memory.damon_reclaim",
		.title	= "DAMON does not reclaim memory",
		.why	= "It samples accesses by clearing bits in page tables and takes "
			  "away pages that look cold, those of a waiting guest first",
		.source	= "Documentation/admin-guide/mm/damon/reclaim.rst",
		.remedy	= "echo N > /sys/module/damon_reclaim/parameters/enabled",
		.scopes	= BOTH,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/module/damon_reclaim/parameters/enabled",
		.want	= want_switch,
		.text	= "off",
		.absent	= ABSENT_HOLDS,
		.absent_means = "this kernel has no DAMON reclaim",
		.set	= set_switch,
		.disruption = "cold memory is not reclaimed ahead",
	},
	{
		.id	= "memory.one_node",
		.title	= "The planned CPUs belong to one NUMA node",
		.why	= "A VM that spans nodes reaches part of its memory over the link "
			  "between sockets; planned CPUs of several VMs may well be on "
			  "several nodes",
		.source	= "Virt-RT guide 5.2.1; KVM-RT guide, Configuring Real-Time "
			  "Virtual Machines",
		.remedy	= "plan the CPUs of one VM on one node: lathe plan --vcpus N",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_HIGH,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel knows no NUMA nodes",
		.opinions = "Virt-RT guide 5.2.1: a guest across sockets is not possible; "
			  "KVM-RT guide: it needs careful consideration",
		.sides	= SIDE_WANTED,
		.judge	= memory_judge_one_node,
		.reads	= memory_reads_one_node,
	},
	{
		.id	= "memory.node_memory",
		.title	= "Every node with planned CPUs has memory of its own",
		.why	= "A node without memory borrows all of it from another socket",
		.source	= "host and QEMU tuning notes, NUMA; KVM-RT guide, Configuring "
			  "Real-Time Virtual Machines",
		.remedy	= "fill the memory slots of that socket, or plan CPUs of another "
			  "node",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_NEVER,
		.place	= PLACE_COMPUTED,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel knows no NUMA nodes",
		.judge	= memory_judge_node_memory,
		.reads	= memory_reads_node_memory,
	},
	{
		.id	= "memory.distances",
		.title	= "The distances between NUMA nodes are known",
		.why	= "They tell how much slower memory of another node is; 10 stands "
			  "for a node's own",
		.source	= "host and QEMU tuning notes, NUMA",
		.remedy	= "update the firmware: its SLIT is malformed",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_INFO,
		.when	= WHEN_NEVER,
		.place	= PLACE_FILE,
		.path	= "sys/devices/system/node/node*/distance",
		.want	= want_distances,
		.text	= "10 and more",
		.absent	= ABSENT_NA,
		.absent_means = "this kernel knows no NUMA nodes",
	},
	{NULL},
};
/* clang-format on */
