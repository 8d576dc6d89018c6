/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the rows of layer cache look at resctrl. */
#ifndef LATHE_CACHE_JUDGE_H
#define LATHE_CACHE_JUDGE_H

#include "finding.h"
#include "knob.h"
#include "resctrl.h"

/* The control groups of sys/fs/resctrl as a view sees them. */
typedef struct {
	GPtrArray
		*groups; /* of ResctrlGroup *; the default one first, with the name "" */
	GPtrArray *ours; /* those of them that planned CPUs belong to; borrowed */
	Cpuset covered;  /* planned CPUs that belong to a group of their own */
} CacheGroups;

void cache_groups_free(CacheGroups *groups);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CacheGroups, cache_groups_free)

/* cache_groups.c. NULL when the finding was concluded: resctrl is not mounted, malformed,
 * or nobody planned a CPU. */
CacheGroups *cache_groups_read(const Knob *knob, KnobView *view, Finding *finding);

/* cache_judge.c */
void cache_judge_mounted(const Knob *knob, KnobView *view, Finding *finding);
void cache_judge_group(const Knob *knob, KnobView *view, Finding *finding);
void cache_judge_disjoint(const Knob *knob, KnobView *view, Finding *finding);
void cache_judge_contiguous(const Knob *knob, KnobView *view, Finding *finding);
void cache_judge_shareable(const Knob *knob, KnobView *view, Finding *finding);
void cache_judge_exclusive(const Knob *knob, KnobView *view, Finding *finding);
void cache_judge_bandwidth(const Knob *knob, KnobView *view, Finding *finding);
void cache_judge_neighbours(const Knob *knob, KnobView *view, Finding *finding);

/* cache_change.c: what a group of the planned CPUs' own would take. Groups that others made for
 * other CPUs are left alone. */
void cache_change_group(const Knob *knob, KnobView *view, struct Changes *changes);
void cache_change_disjoint(const Knob *knob, KnobView *view, struct Changes *changes);
void cache_change_bandwidth(const Knob *knob, KnobView *view, struct Changes *changes);
void cache_change_neighbours(const Knob *knob, KnobView *view, struct Changes *changes);

/* What cache_groups_read() reads, for the rows' `reads`. */
#define CACHE_GROUPS                                                                     \
	"sys/fs/resctrl/", "sys/fs/resctrl/schemata", "sys/fs/resctrl/*/schemata",       \
		"sys/fs/resctrl/cpus", "sys/fs/resctrl/*/cpus",                          \
		"sys/fs/resctrl/*/tasks", "sys/fs/resctrl/mode",                         \
		"sys/fs/resctrl/*/mode", CAPTURE_THREADS, "proc/*/task/*/stat",          \
		"proc/*/task/*/status"

#endif
