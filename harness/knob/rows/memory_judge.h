/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the rows of layer memory look at what is more than a value in a file. */
#ifndef LATHE_MEMORY_JUDGE_H
#define LATHE_MEMORY_JUDGE_H

#include "finding.h"
#include "knob.h"

/* The value of hugepages=: "16", or a sum of "NODE:PAGES,...". */
gboolean memory_parse_pages(const char *text, guint64 *ret);

/* Any pool of huge pages holds a page. */
void memory_judge_hugepages(const Knob *knob, KnobView *view, Finding *finding);
/* hugepages= against what the kernel could set aside. */
void memory_judge_hugepages_effective(const Knob *knob, KnobView *view, Finding *finding);
/* Every node with planned CPUs has huge pages, and free ones. */
void memory_judge_hugepages_nodes(const Knob *knob, KnobView *view, Finding *finding);
void memory_judge_hugepages_free(const Knob *knob, KnobView *view, Finding *finding);
/* A file system of huge pages is mounted. */
void memory_judge_hugetlbfs(const Knob *knob, KnobView *view, Finding *finding);
/* transparent_hugepage= against sysfs. */
void memory_judge_thp_effective(const Knob *knob, KnobView *view, Finding *finding);
void memory_judge_swap(const Knob *knob, KnobView *view, Finding *finding);
/* The planned CPUs are of one node; each of their nodes has memory. */
void memory_judge_one_node(const Knob *knob, KnobView *view, Finding *finding);
void memory_judge_node_memory(const Knob *knob, KnobView *view, Finding *finding);

extern const char *const memory_reads_hugepages[],
	*const memory_reads_effective[],
		*const memory_reads_nodes[],
			*const memory_reads_free[],
				*const memory_reads_mounts[],
					*const memory_reads_thp[],
						*const memory_reads_swap[],
							*const memory_reads_one_node[],
								*const memory_reads_node_memory
									[];

#endif
