/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes a machine as a transaction: everything is announced in the journal before it is made,
 * read back after, and put back in reverse order, whatever happened in between. The caller
 * holds the lock.
 */
#ifndef LATHE_TUNE_H
#define LATHE_TUNE_H

#include <glib.h>

#include "change.h"
#include "target.h"
#include "waiter.h"

/* Called after each record that reached the journal and after each write: tests end the
 * process here. */
typedef void (*TuneStep)(gpointer data);

typedef struct {
	TargetHost host;
	const char *directory; /* of the journal; there already */
	gboolean keep_going;   /* a severe change that does not take is only reported */
	gboolean stays_open;   /* the transaction is not completed by tune_apply(): it lasts until
				* tune_recover() puts it back, who or whatever calls that */
	Waiter *waiter;	       /* asked after each change whether to go on; or NULL */
	TuneStep step;	       /* or NULL */
	gpointer step_data;
} Tune;

typedef enum {
	/* of tune_apply() */
	TUNED_MADE,    /* now it holds `then` */
	TUNED_FAILED,  /* it does not; `why` */
	TUNED_HELD,    /* it did already, through another change: nothing was done */
	TUNED_UNTRIED, /* another one failed before */
	/* of tune_restore(), and of tune_apply() when it took everything back */
	TUNED_RESTORED, /* now it holds `was` again */
	TUNED_ALREADY,	/* it held `was` before */
	TUNED_RESET,	/* so it does since the machine was booted */
	TUNED_FOREIGN,	/* somebody else set it to `now`: left alone */
	TUNED_GONE,	/* its target is: nothing to put back; of tune_apply() as well */
	TUNED_STUCK,	/* it cannot be put back; `why` */
	/* of tune_status() */
	TUNED_IN_FORCE,
	TUNED_DRIFTED, /* it holds `now`, which is neither `was` nor `then` */
	TUNED_LOST,    /* it holds `was` again */
} TunedState;
const char *tuned_state_name(TunedState state); /* "made", "failed", ... */

typedef struct {
	char *row, *place, *was, *then;
	char *now; /* or NULL: not known */
	ChangeKind kind;
	TunedState state;
	char *why; /* or NULL */
} Tuned;

void tuned_free(Tuned *tuned);
/* An empty array that owns its elements. */
GPtrArray *tuned_new_array(void);

/* Leaves out changes that are made already: of a service the rows see less than its target does. */
void tune_leave_held(const TargetHost *host, GPtrArray *changes);

/*
 * Applies `changes` (of Change *) for the planned CPUs `cpus` (a cpulist); `by` is for people.
 * `outcomes` gets a Tuned for each change, in order. A change of severity high or fatal that
 * does not take ends it (unless it is to keep going): what this call changed is put back (those outcomes say so), and it is
 * FALSE; lesser ones are only reported. Also FALSE: the journal cannot be believed or written,
 * the machine is tuned for other CPUs. Without changes nothing is written.
 */
gboolean tune_apply(const Tune *tune, const char *by, const char *cpus,
		    const GPtrArray *changes, GPtrArray *outcomes, GError **error);

/*
 * Puts back what the journal holds, last first; each entry becomes an outcome. The journal goes
 * when nothing is left to be done; where some of it cannot be believed it is set aside, *ret_aside
 * (owned by the caller; may be NULL) names it, and `doubts` (of char *, may be NULL) gets the
 * reasons. FALSE: it cannot be read, or something that is still ours could not be put back: then
 * it stays. Without a journal there are no outcomes and no error.
 */
gboolean tune_restore(const Tune *tune, GPtrArray *outcomes, GPtrArray *doubts, char **ret_aside,
		      GError **error);

/* Puts back what a lathe began and did not complete: one that is gone, so that every command that
 * changes the host calls it first, or this one, whose transaction stays open. Of a journal that
 * was complete before, nothing; where that is of earlier boots alone, it goes: this host is not
 * tuned any more. */
gboolean tune_recover(const Tune *tune, GPtrArray *outcomes, GError **error);

typedef struct {
	gboolean tuned;	   /* there is a journal */
	gboolean complete; /* FALSE: it was interrupted */
	char *by, *cpus;   /* of the last transaction, or NULL */
	GPtrArray *rows;   /* of Tuned * */
	GPtrArray *doubts; /* of char * */
} TuneStatus;

/* Writes nothing. */
TuneStatus *tune_status(const Tune *tune, GError **error);
void tune_status_free(TuneStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuneStatus, tune_status_free)

#endif
