/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the rows would have to write so that they hold: the bridge between judging (judge.h)
 * and tuning (harness/tune). Nothing here writes.
 */
#ifndef LATHE_CHANGE_H
#define LATHE_CHANGE_H

#include <glib.h>

#include "judge.h"
#include "knob.h"
#include "view.h"

/* In the order in which they are applied: a service that moves interrupts stops before they
 * are moved, a group is there before CPUs are put into it, a cpuset before tasks go into it and
 * before the one above it stops balancing them, a network card that is set up anew finds where
 * its interrupts are to go, and CPUs go offline when nothing is left on them. */
typedef enum {
	CHANGE_SERVICE,	   /* place: unit; "running" or "stopped" */
	CHANGE_DIRECTORY,  /* place: path of a group of resctrl; "present" or "absent" */
	CHANGE_CONTROLLER, /* place: path of cgroup.subtree_control, blank, controller; "on" or
			    * "off" */
	CHANGE_CPUSET,	   /* place: path of a cgroup; "absent", its CPUs ("0-3"), or those of a
			    * partition and what it is ("4-7 isolated") */
	CHANGE_TASKS,	   /* place: path of that cgroup; "in": the tasks of the one above are in
			    * it, as far as they move, and else "out"; see movable.h */
	CHANGE_FILE,	   /* place: path below the root; its one line */
	CHANGE_FEATURE,	   /* place: path of the scheduler's features, blank, name; "NAME" or
			    * "NO_NAME" */
	CHANGE_QUEUES,	   /* place: network interface; "at most 5", "rx 0 tx 0 combined 8" */
	CHANGE_AFFINITY,   /* place: change_thread_place(); a cpulist */
	CHANGE_SCHEDULING, /* place: change_thread_place(); "fifo:2", "other:0" */
	CHANGE_SCHEMATA,   /* place: path of a schemata file, blank, resource; "0=00f;1=00f" */
	CHANGE_CPU,	   /* place: path of cpuN/online; "0" or "1" */
} ChangeKind;
#define CHANGE_KINDS 12

/* Names of the cgroups that lathe makes: tasks are moved into a cpuset of v1, and a partition of v2
 * takes CPUs away from all others. */
#define CPUSET_HOUSEKEEPING "lathe-housekeeping"
#define CPUSET_PARTITION    "lathe-rt"

typedef struct {
	const char *row; /* id of the knob; borrowed from the table */
	FindingSeverity severity;
	gboolean refusable; /* some targets of this row can never be changed, and only trying
			     * tells: that is reported, and ends nothing */
	const char *disruption; /* what it costs while it is in force; borrowed, or NULL */
	ChangeKind kind;
	char *place;
	char *was, *then;
} Change;

void change_free(Change *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Change, change_free)

/* A row that does not hold, and nothing can be written that would make it. */
typedef struct {
	const char *row; /* borrowed from the table */
	char *why;
} Unchangeable;

typedef struct Changes {
	gboolean force;		 /* VMs that lathe did not start are changed as well */
	GPtrArray *changes;	 /* of Change *, in the order of application */
	GPtrArray *unchangeable; /* of Unchangeable * */
} Changes;

/* From the rows of the view's scope that have a setter. Never fails: what cannot be looked at
 * is unchangeable, with the reason. selection NULL: all. */
Changes *changes_find(KnobView *view, const KnobSelection *selection);
void changes_free(Changes *changes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Changes, changes_free)

/* For KnobChange functions. was and then are copied; nothing is added when they are equal. */
void changes_add(Changes *changes, const Knob *knob, ChangeKind kind, const char *place,
		 const char *was, const char *then);
void changes_add_unchangeable(Changes *changes, const Knob *knob, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* Whether that change is there already: several rows may need one. */
gboolean changes_have(const Changes *changes, ChangeKind kind, const char *place);

/* Of a line like "always [madvise] never" the word in brackets, which is what is written there;
 * of any other the line itself. Owned by the caller. */
char *change_selected(const char *line);

/* "17 4711 ksoftirqd/1": thread, start time in clock ticks, and name: the first two name a
 * thread until the next boot. */
char *change_thread_place(guint tid, guint64 start_ticks, const char *comm);

/* A place for people: of a thread "thread 17 ksoftirqd/1". Owned by the caller. */
char *change_shown_place(ChangeKind kind, const char *place);

#endif
