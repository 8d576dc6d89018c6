/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One small reader per kind of place. Each gives every value of a row, or why there is none,
 * to a Tally, which puts equal ones together.
 */
#ifndef LATHE_PLACE_H
#define LATHE_PLACE_H

#include "knob.h"
#include "view.h"

typedef struct Tally Tally;

Tally *tally_new(const Knob *knob, KnobView *view);
void tally_free(Tally *tally);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tally, tally_free)

/* A value was read at a place: it is compared as the row wants. cpu: what {cpu} stood for,
 * or -1. */
void tally_value(Tally *tally, const char *place, const char *value, int cpu);
/* It could not be. ENOENT is what the row's `absent` says it is. */
void tally_errno(Tally *tally, const char *place, int errnum, int cpu);
/* It was judged already. seen, wanted and note may be NULL. */
void tally_match(Tally *tally, KnobMatch match, const char *place, const char *seen, int cpu,
		 const char *wanted, const char *note);

/* Is told of every value that was compared. */
typedef void (*TallyWatch)(const KnobReading *reading, KnobMatch match, gpointer data);
void tally_watch(Tally *tally, TallyWatch watch, gpointer data);

/* What is seen of a parameter that is not on the command line. */
#define PLACE_NOT_GIVEN "not given"

/* Status, reason and evidence, from everything told so far. */
void tally_finish(Tally *tally, Finding *finding);

/* The reader of the row's place. */
void place_read(const Knob *knob, KnobView *view, Tally *tally);
void place_file(const Knob *knob, KnobView *view, Tally *tally);
void place_parameter(const Knob *knob, KnobView *view, Tally *tally);
void place_kconfig(const Knob *knob, KnobView *view, Tally *tally);
void place_domain(const Knob *knob, KnobView *view, Tally *tally);
void place_thread(const Knob *knob, KnobView *view, Tally *tally);
/* What a thread's value is: "fifo:2"; owned by the caller. */
char *place_thread_value(const KnobThread *thread);
void place_service(const Knob *knob, KnobView *view, Tally *tally);

#endif
