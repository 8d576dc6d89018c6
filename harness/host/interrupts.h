/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/interrupts and /proc/softirqs: one column per CPU (interrupts: the online ones, so
 * numbers may be missing), one row per interrupt.
 */
#ifndef LATHE_INTERRUPTS_H
#define LATHE_INTERRUPTS_H

#include <glib.h>

#include "cpulist.h"

typedef struct Interrupts Interrupts;

/* The strings belong to the table; escape before printing. */
typedef struct {
	const char *name;	 /* "24", "LOC", "NET_RX" */
	const char *description; /* chip, pin and actions, or what LOC means; may be "" */
	gboolean is_device;	 /* the name is a number */
	guint n_counts;		 /* one per column, or 1: ERR and MIS count for the machine */
	const guint32 *counts;	 /* 32-bit counters that wrap */
} InterruptRow;

/*
 * Strict: a header of ascending CPUs below CPUSET_CPUS, unique row names, either a count
 * per column or a single one. A CPU that came or went while the kernel wrote the file makes
 * it malformed. Memory and time are linear in `length`.
 */
Interrupts *interrupts_parse(const char *text, gsize length, GError **error);
void interrupts_free(Interrupts *interrupts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Interrupts, interrupts_free)

/* The CPU of each column. */
guint interrupts_columns(const Interrupts *interrupts, const guint **ret_cpus);
/* The column of a CPU, or -1. */
int interrupts_column(const Interrupts *interrupts, guint cpu);

guint interrupts_size(const Interrupts *interrupts);
const InterruptRow *interrupts_at(const Interrupts *interrupts, guint index);
/* NULL when there is none. */
const InterruptRow *interrupts_find(const Interrupts *interrupts, const char *name);

typedef enum {
	INTERRUPT_STAYED,
	INTERRUPT_CAME,	 /* only in the later one: counted from 0 */
	INTERRUPT_WENT,	 /* only in the earlier one: what it counted since is not known */
	INTERRUPT_RESET, /* a count went back, and no wrap explains it: freed and set up anew,
			  * counted from 0 */
} InterruptFate;

/* The strings belong to the two tables, which must outlive the difference. */
typedef struct {
	const char *name, *description; /* of the later one where it is there */
	gboolean is_device;
	InterruptFate fate;
	guint n_counts;		/* one per column of the difference, 1, or 0: WENT */
	const guint32 *counts;
} InterruptDelta;

typedef struct InterruptsDelta InterruptsDelta;

/* after - before, for the CPUs that have a column in both. Linear. */
InterruptsDelta *interrupts_delta(const Interrupts *before, const Interrupts *after);
void interrupts_delta_free(InterruptsDelta *delta);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InterruptsDelta, interrupts_delta_free)

guint interrupts_delta_columns(const InterruptsDelta *delta, const guint **ret_cpus);
int interrupts_delta_column(const InterruptsDelta *delta, guint cpu);
/* Rows in the order of the later table, then those that went. */
guint interrupts_delta_size(const InterruptsDelta *delta);
const InterruptDelta *interrupts_delta_at(const InterruptsDelta *delta, guint index);
const InterruptDelta *interrupts_delta_find(const InterruptsDelta *delta, const char *name);

#endif
