/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "tune.h"
#include "tune_private.h"

gboolean tune_is_ours(const JournalEntry *entry, const char *value)
{
	const TargetKind *target = target_of(entry->kind);

	/* Nobody came to read it back. */
	if (!entry->now && target->begun && target->begun(value))
		return TRUE;
	/* What was read back tells more than what was written: the kernel may round it. */
	return target->same(value, entry->now ? entry->now : entry->then);
}

/* Writes, and looks whether it took. */
static TunedState write_back(const Tune *tune, const JournalEntry *entry, Tuned *tuned)
{
	const TargetKind *target = target_of(entry->kind);
	gboolean written;
	g_autoptr(GError) error = NULL;
	g_autofree char *now = NULL;
	int errnum = 0;

	written = target->write(&tune->host, entry->place, entry->was, &error);
	if (written)
		tune_step(tune);
	/* What it holds counts, and not what the write said: a thread may have ended since. */
	if (!target->read(&tune->host, entry->place, &now, &errnum)) {
		if (errnum == ENOENT)
			return TUNED_GONE;
		tuned->why = written ? g_strdup_printf("it cannot be read back: %s",
						       g_strerror(errnum))
				     : g_strdup(error->message);
		return TUNED_STUCK;
	}
	if (target->same(now, entry->was))
		return TUNED_RESTORED;
	tuned->why = written ? g_strdup_printf("it holds '%s' after '%s' was written", now,
					       entry->was)
			     : g_strdup(error->message);
	tuned->now = g_steal_pointer(&now);
	return TUNED_STUCK;
}

static Tuned *put_back(const Tune *tune, const Journal *journal, const JournalHost *host,
		       const JournalEntry *entry)
{
	const TargetKind *target = target_of(entry->kind);
	gboolean rebooted = journal_rebooted_since(journal, entry, host);
	Tuned *tuned = tuned_new(entry, TUNED_GONE);
	g_autofree char *now = NULL;
	int errnum = 0;

	/* A number of a thread from before means nothing now; what lathe wrote into the kernel
	 * went with it. */
	if (!target->read(&tune->host, entry->place, &now, &errnum)) {
		if (errnum == ENOENT || rebooted)
			return tuned;
		tuned->state = TUNED_STUCK;
		tuned->why = g_strdup(g_strerror(errnum));
		return tuned;
	}
	if (target->same(now, entry->was))
		tuned->state = rebooted ? TUNED_RESET : TUNED_ALREADY;
	else if (rebooted || !tune_is_ours(entry, now))
		tuned->state = TUNED_FOREIGN;
	else {
		tuned->state = write_back(tune, entry, tuned);
		return tuned;
	}
	tuned->now = g_steal_pointer(&now);
	return tuned;
}

/* Values come first: a disk that is full or can only be read keeps their records from being
 * written, and nothing from being put back. */
gboolean tune_put_back(const Tune *tune, const Journal *journal, const JournalHost *host,
		       guint first, GPtrArray *outcomes, GError **error)
{
	g_autoptr(GError) unwritten = NULL;
	g_autoptr(JournalWriter) writer =
		journal_writer_open(tune->directory, journal, &unwritten);
	guint n_stuck = 0;

	for (guint i = journal->entries->len; i > first; i--) {
		const JournalEntry *entry = journal->entries->pdata[i - 1];
		Tuned *tuned;

		if (entry->restored)
			continue;
		tuned = put_back(tune, journal, host, entry);
		g_ptr_array_add(outcomes, tuned);
		if (tuned->state == TUNED_STUCK) {
			n_stuck++;
			continue;
		}
		/* None may follow one that was torn. */
		if (!unwritten)
			journal_restored(writer, entry->n, &unwritten);
		tune_step(tune);
	}
	if (n_stuck == 0 && first == 0)
		return TRUE;
	if (n_stuck == 0 && !unwritten)
		return journal_complete(writer, error);
	if (n_stuck == 0) {
		g_propagate_error(error, g_steal_pointer(&unwritten));
		return FALSE;
	}
	lathe_error(error, LATHE_ERROR_ENVIRONMENT,
		    "%u change%s could not be put back", n_stuck, n_stuck == 1 ? "" : "s");
	lathe_error_hint(error, "the journal still holds them: try again with lathe tune restore");
	return FALSE;
}

/* A damaged journal is kept for whoever wants to know what else was changed. */
static gboolean finish(const Tune *tune, const Journal *journal, GPtrArray *doubts,
		       char **ret_aside, GError **error)
{
	g_autofree char *aside = NULL;

	if (journal->doubts->len == 0) {
		if (journal_remove(tune->directory, error))
			return TRUE;
		/* Another --state would have nothing to put back. */
		lathe_error_hint(error, "what could be put back is: only the journal is left; "
					"where it can be removed, lathe tune restore does it");
		return FALSE;
	}
	if (!journal_set_aside(tune->directory, &aside, error))
		return FALSE;
	for (guint i = 0; doubts && i < journal->doubts->len; i++)
		g_ptr_array_add(doubts, g_strdup(journal->doubts->pdata[i]));
	if (ret_aside)
		*ret_aside = g_steal_pointer(&aside);
	return TRUE;
}

gboolean tune_restore(const Tune *tune, GPtrArray *outcomes, GPtrArray *doubts, char **ret_aside,
		      GError **error)
{
	g_auto(JournalHost) host = {NULL, NULL};
	g_autoptr(Journal) journal = NULL;

	journal_host_read(tune->host.root, &host);
	if (!journal_read(tune->directory, &host, &journal, error))
		return FALSE;
	if (!journal)
		return TRUE;
	return tune_put_back(tune, journal, &host, 0, outcomes, error) &&
	       finish(tune, journal, doubts, ret_aside, error);
}

static guint first_of_last_transaction(const Journal *journal)
{
	guint i = journal->entries->len;

	while (i > 0 && ((JournalEntry *)journal->entries->pdata[i - 1])->transaction ==
				journal->n_transactions)
		i--;
	return i;
}

/* What lathe writes does not outlive the kernel it was written to. */
static gboolean all_rebooted(const Journal *journal, const JournalHost *host)
{
	for (guint i = 0; i < journal->boots->len; i++)
		if (strcmp(journal->boots->pdata[i], host->boot) == 0)
			return FALSE;
	return *host->boot && journal->doubts->len == 0;
}

gboolean tune_recover(const Tune *tune, GPtrArray *outcomes, GError **error)
{
	g_auto(JournalHost) host = {NULL, NULL};
	g_autoptr(Journal) journal = NULL;
	guint first;

	journal_host_read(tune->host.root, &host);
	if (!journal_read(tune->directory, &host, &journal, error))
		return FALSE;
	if (!journal)
		return TRUE;
	if (journal->complete && journal->n_transactions > 0)
		return !all_rebooted(journal, &host) ||
		       finish(tune, journal, NULL, NULL, error);
	if (journal->doubts->len > 0) {
		lathe_error(error, LATHE_ERROR_INPUT, "the tuning journal is damaged: %s",
			    (char *)journal->doubts->pdata[0]);
		lathe_error_hint(error, "put back what it still holds: lathe tune restore");
		return FALSE;
	}
	first = first_of_last_transaction(journal);
	return tune_put_back(tune, journal, &host, first, outcomes, error) &&
	       (first > 0 || finish(tune, journal, NULL, NULL, error));
}
