/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "tune.h"
#include "tune_private.h"

/* One call of tune_apply(). */
typedef struct {
	const Tune *tune;
	const GPtrArray *changes;
	GPtrArray *outcomes;
	JournalWriter *writer;
	guint *numbers; /* of each change in the journal; 0: not announced */
} Apply;

static Tuned *outcome_of(const Change *change)
{
	Tuned *tuned = g_new0(Tuned, 1);

	*tuned = (Tuned){.row = g_strdup(change->row),
			 .place = g_strdup(change->place),
			 .was = g_strdup(change->was),
			 .then = g_strdup(change->then),
			 .kind = change->kind,
			 .state = TUNED_UNTRIED};
	return tuned;
}

void tune_leave_held(const TargetHost *host, GPtrArray *changes)
{
	for (guint i = changes->len; i > 0; i--) {
		const Change *change = changes->pdata[i - 1];
		const TargetKind *target = target_of(change->kind);
		g_autofree char *now = NULL;
		int errnum = 0;

		if (!target->read(host, change->place, &now, &errnum)) {
			/* Nor would the next service be told of in time. */
			if (errnum == ETIMEDOUT)
				return;
		} else if (target->same(now, change->then)) {
			g_ptr_array_remove_index(changes, i - 1);
		}
	}
}

/* What is there now is what will be put back: it may have changed since it was judged. *ret_n is
 * 0 when nothing is announced: the target cannot be read, or holds what it should. */
static gboolean announce(Apply *apply, const Change *change, Tuned *tuned, guint *ret_n,
			 GError **error)
{
	const TargetKind *target = target_of(change->kind);
	g_autofree char *was = NULL;
	int errnum = 0;

	*ret_n = 0;
	if (!target->read(&apply->tune->host, change->place, &was, &errnum)) {
		/* A thread that ended since it was seen has no part in it any more. */
		tuned->state = errnum == ENOENT && change->refusable ? TUNED_GONE : TUNED_FAILED;
		tuned->why = g_strdup(g_strerror(errnum));
		return TRUE;
	}
	g_free(tuned->was);
	tuned->was = g_strdup(was);
	if (target->same(was, change->then)) {
		tuned->state = TUNED_HELD;
		tuned->now = g_strdup(was);
		return TRUE;
	}
	if (!journal_change(apply->writer, change, was, ret_n, error))
		return FALSE;
	tune_step(apply->tune);
	return TRUE;
}

/* Changes of one row are announced together: one sync for all of them, whatever the number of
 * CPUs. */
static gboolean announce_row(Apply *apply, guint first, guint end, GError **error)
{
	for (guint i = first; i < end; i++) {
		const Change *change = apply->changes->pdata[i];
		Tuned *tuned = outcome_of(change);

		g_ptr_array_add(apply->outcomes, tuned);
		if (!announce(apply, change, tuned, &apply->numbers[i], error))
			return FALSE;
	}
	return journal_sync(apply->writer, error);
}

/* Writes it and looks. tuned->why says why it did not take, when it did not. A write that was
 * given up may still come to its end: what is read back before that is not the last word. */
static void make(const Tune *tune, const Change *change, Tuned *tuned, gboolean *ret_pending)
{
	const TargetKind *target = target_of(change->kind);
	g_autoptr(GError) refused = NULL;
	int errnum = 0;

	if (!target->write(&tune->host, change->place, change->then, &refused))
		tuned->why = g_strdup(refused->message);
	*ret_pending = g_error_matches(refused, LATHE_ERROR, LATHE_ERROR_TIMEOUT);
	tune_step(tune);
	if (!target->read(&tune->host, change->place, &tuned->now, &errnum)) {
		if (!tuned->why)
			tuned->why = g_strdup_printf("it cannot be read back: %s",
						     g_strerror(errnum));
	} else if (!tuned->why && !target->same(tuned->now, change->then)) {
		tuned->why = g_strdup_printf("it holds '%s' after '%s' was written", tuned->now,
					     change->then);
	}
	tuned->state = tuned->why ? TUNED_FAILED : TUNED_MADE;
}

/* FALSE: the change does not take and is severe, or the journal is in trouble. */
static gboolean apply_one(Apply *apply, guint i, GError **error)
{
	const Change *change = apply->changes->pdata[i];
	Tuned *tuned = apply->outcomes->pdata[i];
	guint n = apply->numbers[i];
	gboolean pending;

	if (n > 0) {
		make(apply->tune, change, tuned, &pending);
		if (!(tuned->state == TUNED_MADE
			      ? journal_made(apply->writer, n, tuned->now, error)
			      : journal_failed(apply->writer, n, pending ? NULL : tuned->now,
						     error)))
			return FALSE;
		tune_step(apply->tune);
	}
	if (tuned->state != TUNED_FAILED || change->severity < SEVERITY_HIGH ||
	    change->refusable || apply->tune->keep_going)
		return TRUE;
	return lathe_error(error, LATHE_ERROR_ENVIRONMENT, "%s: %s: %s", change->row,
			   change->place, tuned->why);
}

/* What is in a directory cannot be read, and so not announced, before the directory is made. */
static guint end_of_row(const GPtrArray *changes, guint first)
{
	const Change *change = changes->pdata[first];
	guint end = first + 1;

	while (end < changes->len && change->kind != CHANGE_DIRECTORY &&
	       strcmp(((Change *)changes->pdata[end])->row, change->row) == 0)
		end++;
	return end;
}

/* A signal ends it between two changes. */
static gboolean may_go_on(const Tune *tune, GError **error)
{
	return !tune->waiter || waiter_check(tune->waiter, error);
}

static gboolean apply_all(Apply *apply, GError **error)
{
	guint first = 0;

	while (first < apply->changes->len) {
		guint end = end_of_row(apply->changes, first);

		if (!announce_row(apply, first, end, error))
			return FALSE;
		for (; first < end; first++)
			if (!apply_one(apply, first, error) || !may_go_on(apply->tune, error))
				return FALSE;
	}
	/* A lathe that dies while the transaction is open leaves it to be recovered. */
	return apply->tune->stays_open ? journal_sync(apply->writer, error)
				       : journal_complete(apply->writer, error);
}

/* The cause stays the error; what taking back could not do is added to it. */
static void take_back(const Tune *tune, GPtrArray *outcomes, GError **error)
{
	g_autoptr(GPtrArray) undone = tuned_new_array();
	g_autoptr(GError) second = NULL;

	if (!tune_recover(tune, undone, &second)) {
		const char *hint = lathe_error_get_hint(second);

		g_prefix_error(error, "%s; it all began with this: ", second->message);
		lathe_error_hint(error, "%s", hint ? hint : "lathe tune restore tries again");
	}
	g_ptr_array_extend_and_steal(outcomes, g_steal_pointer(&undone));
}

static gboolean open_journal(const Tune *tune, const char *by, const char *cpus,
			     JournalWriter **ret, GError **error)
{
	g_auto(JournalHost) host = {NULL, NULL};
	g_autoptr(JournalWriter) writer = NULL;
	g_autoptr(Journal) journal = NULL;

	journal_host_read(tune->host.root, &host);
	if (!journal_read(tune->directory, &host, &journal, error))
		return FALSE;
	if (journal && journal->doubts->len > 0) {
		lathe_error(error, LATHE_ERROR_INPUT, "the tuning journal is damaged: %s",
			    (char *)journal->doubts->pdata[0]);
		lathe_error_hint(error, "put back what it still holds first: lathe tune restore");
		return FALSE;
	}
	if (journal && journal->cpus && strcmp(journal->cpus, cpus) != 0) {
		lathe_error(error, LATHE_ERROR_BUSY, "this host is tuned for CPUs %s already (%s)",
			    journal->cpus, journal->by);
		lathe_error_hint(error, "put that back first: lathe tune restore");
		return FALSE;
	}
	writer = journal_writer_open(tune->directory, journal, error);
	if (!writer || !journal_begin(writer, &host, by, cpus, error))
		return FALSE;
	tune_step(tune);
	*ret = g_steal_pointer(&writer);
	return TRUE;
}

gboolean tune_apply(const Tune *tune, const char *by, const char *cpus,
		    const GPtrArray *changes, GPtrArray *outcomes, GError **error)
{
	g_autofree guint *numbers = g_new0(guint, changes->len + 1);
	g_autoptr(JournalWriter) writer = NULL;
	Apply apply = {tune, changes, outcomes, NULL, numbers};

	g_assert(outcomes->len == 0);
	if (changes->len == 0)
		return TRUE;
	if (!open_journal(tune, by, cpus, &writer, error))
		return FALSE;
	apply.writer = writer;
	if (apply_all(&apply, error))
		return TRUE;
	for (guint i = outcomes->len; i < changes->len; i++)
		g_ptr_array_add(outcomes, outcome_of(changes->pdata[i]));
	take_back(tune, outcomes, error);
	return FALSE;
}
