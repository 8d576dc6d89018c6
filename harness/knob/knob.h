/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A knob is one setting of the tuning stack: a place and a wanted value. The engine (judge.h)
 * does the rest. Rows stand in knob/rows/, one file a layer; nobody types a knob twice.
 *
 * To add one: a row in its layer's file, and a case in tests/knob/<layer>.cases that passes
 * on the tree of its scope and fails after a change of the row's own place.
 */
#ifndef LATHE_KNOB_H
#define LATHE_KNOB_H

#include <glib.h>

#include "finding.h"

typedef struct KnobView KnobView;
typedef struct Knob Knob;
struct Changes; /* change.h */

/* Where the row holds; a row may hold in several. */
typedef enum { SCOPE_HOST = 1, SCOPE_VM = 2, SCOPE_GUEST = 4 } KnobScope;
#define KNOB_SCOPES 3
const char *knob_scope_name(KnobScope scope); /* "host", "vm", "guest" */

/* When it can change. */
typedef enum {
	WHEN_RUNTIME,
	WHEN_VM_RESTART,
	WHEN_REBOOT, /* kernel command line, module parameters, Kconfig */
	WHEN_FIRMWARE,
	WHEN_NEVER, /* observed: nobody sets it */
} KnobWhen;
const char *knob_when_name(KnobWhen when); /* "runtime", "vm-restart", ... */

typedef enum {
	PLACE_FILE,	 /* path: below the root; see below for what it may hold */
	PLACE_PARAMETER, /* path: name of a kernel parameter; the value is of its last
			  * occurrence, "" when it has none */
	PLACE_KCONFIG,	 /* path: "PREEMPT_RT"; the value is "y", "m", "n" or text */
	PLACE_DOMAIN,	 /* path: XPath into the domain XML; the values of what it selects */
	PLACE_THREAD,	 /* path: glob over kernel threads' names ("ksoftirqd/STAR"); the
			  * value is "fifo:2", "other:0" (policy and RT priority) */
	PLACE_SERVICE,	 /* path: unit names, blanks between; the value is "running",
			  * "stopped", "enabled" (timers) or "absent" */
	PLACE_COMPUTED,	 /* `judge` looks by itself, at what `reads` names */
	PLACE_EXPLAIN,	 /* no program can see it: shown, never judged */
} KnobPlace;
const char *knob_place_name(KnobPlace place);

/* What {cpu} in a path stands for. {node} stands for every NUMA node; STAR for every name. */
typedef enum {
	PER_MACHINE,
	PER_PLANNED_CPU, /* CPUs meant for vCPUs; in a guest its RT vCPUs */
	PER_ONLINE_CPU,
	PER_HOUSEKEEPING_CPU,
} KnobPer;

/* What it means when the place is not there on a machine that was seen whole. In a tree that
 * was captured by others it is UNKNOWN whatever stands here. */
typedef enum {
	ABSENT_UNKNOWN,
	ABSENT_NA,     /* `absent_means` is the proof: "no CPU frequency driver" */
	ABSENT_HOLDS,  /* as good as the wanted value, for the reason in `absent_means` */
	ABSENT_BROKEN, /* as bad as a wrong value */
} KnobAbsent;

/* What it looks at may come to pass while a run measures, under its load: a run then captures
 * it afterwards as well. */
typedef enum {
	AGAIN_NOT,
	AGAIN_WORSE, /* a count or a log since boot, a clock that is given up: the worse counts */
	AGAIN_SINCE, /* only what came on top since the tree of before: knob_view_before() */
} KnobAgain;

/* What a value is to a row. */
typedef enum {
	MATCH_HOLDS,
	MATCH_BROKEN,
	MATCH_ODD,	 /* it makes no sense: UNKNOWN */
	MATCH_IRRELEVANT /* this place does not count here: N/A, note is the proof */
} KnobMatch;

typedef struct {
	const char *place; /* where it was read; borrowed */
	const char *value; /* one line, without trailing blanks, or a whole text; borrowed */
	int cpu;	   /* what {cpu} stood for, or -1 */
} KnobReading;

/*
 * Compares. *ret_wanted may be set to what was wanted when it depends on the machine (else
 * the row's `text` is shown), *ret_note to what a person should know besides; both owned by
 * the caller, both may be left alone.
 */
typedef KnobMatch (*KnobWant)(const Knob *knob, KnobView *view, const KnobReading *reading,
			      char **ret_wanted, char **ret_note);

/* TRUE: the row applies. FALSE: it does not, *ret_proof says why (owned by the caller). What
 * cannot be known counts as applying: then the place will say UNKNOWN. */
typedef gboolean (*KnobApplies)(const Knob *knob, KnobView *view, char **ret_proof);

/* Fills status, reason and evidence of a finding whose status is UNKNOWN and whose texts are
 * those of the row. */
typedef void (*KnobJudge)(const Knob *knob, KnobView *view, Finding *finding);

/* The value that would make the place hold, owned by the caller; NULL: there is none. Writes
 * nothing. */
typedef char *(*KnobSet)(const Knob *knob, KnobView *view, const KnobReading *reading);

/* The same for a row whose changes are not one a place that it reads: adds them. */
typedef void (*KnobChange)(const Knob *knob, KnobView *view, struct Changes *changes);

struct Knob {
	const char *id;	    /* "cpu.governor": reports, waivers and tests cite it; stable */
	const char *title;  /* what holds when it passes: "CPU frequency is held at maximum" */
	const char *why;    /* what goes wrong otherwise */
	const char *source; /* who says so: "ServoBox RT settings 18; tuned realtime" */
	const char *remedy; /* what to do, see remedy.h; NULL only for explain rows and
			     * observed ones */
	guint scopes;	    /* KnobScope | ... */
	FindingSeverity severity;
	KnobWhen when;
	KnobPlace place;
	KnobPer per;
	const char *path;
	KnobWant want;
	const char *text;     /* parameter of `want`, and what is shown as wanted */
	gint64 min, max;      /* of want_number, inclusive */
	KnobAbsent absent;
	const char *absent_means;
	/* Sources disagree: both sides in a sentence. Such a row is never FAIL by itself: WARN
	 * when neither side's value is set. */
	const char *opinions;
	/* What a person may choose of them (choice.h), '|' between; then the row has the status
	 * of its severity. NULL: nothing, opinions are only shown. */
	const char *sides;
	KnobAgain again;
	KnobApplies applies;
	KnobJudge judge;
	/* How it is changed while the machine runs: one of these, or neither. */
	KnobSet set;
	KnobChange change;
	const char *to;		/* parameter of `set` where `text` is none: see set.h */
	gboolean one_value;	/* all places show the same one: it is written once */
	gboolean refusable;	/* some places of it can never be changed, and only trying
				 * tells: interrupts that the kernel manages */
	const char *disruption; /* what it costs while it is in force, or NULL */
	/* What applies, want and judge read besides `path`: NULL-terminated patterns for
	 * capture (a component may hold STAR; "name/" at the end is the directory's list). */
	const char *const *reads;
};

/* A layer is a file of rows. */
typedef struct {
	const char *name;  /* "boot" */
	const char *title; /* "Boot: kernel command line" */
	const Knob *rows;  /* ends in a row without id */
} KnobLayer;

/* All of them, in the order of reports; ends in a layer without a name. */
extern const KnobLayer knob_layers[];

/* Walks every row of every layer. */
#define KNOB_FOREACH(layer, knob)                                                            \
	for (const KnobLayer *layer = knob_layers; layer->name; layer++)                     \
		for (const Knob *knob = layer->rows; knob->id; knob++)

/* NULL when there is none. */
const Knob *knob_find(const char *id, const KnobLayer **ret_layer);
/* The nearest id, or NULL: for hints. */
const char *knob_nearest(const char *id);

/* The patterns of every file that rows of these scopes read, NULL-terminated, without
 * repetition: what a capture holds. Owned by the caller. */
char **knob_patterns(guint scopes);
/* Those of the rows that are judged again (see Knob.again). */
char **knob_patterns_again(guint scopes);
/* Those of one row. */
char **knob_patterns_of(const Knob *knob);

#endif
