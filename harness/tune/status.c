/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "tune.h"
#include "tune_private.h"

void tune_status_free(TuneStatus *status)
{
	if (!status)
		return;
	g_free(status->by);
	g_free(status->cpus);
	g_ptr_array_unref(status->rows);
	g_ptr_array_unref(status->doubts);
	g_free(status);
}

static Tuned *look(const Tune *tune, const JournalEntry *entry)
{
	const TargetKind *target = target_of(entry->kind);
	Tuned *tuned = tuned_new(entry, TUNED_GONE);
	int errnum = 0;

	if (!target->read(&tune->host, entry->place, &tuned->now, &errnum)) {
		if (errnum != ENOENT) {
			tuned->state = TUNED_STUCK;
			tuned->why = g_strdup(g_strerror(errnum));
		}
		return tuned;
	}
	if (entry->failed)
		tuned->state = TUNED_FAILED;
	else if (tune_is_ours(entry, tuned->now))
		tuned->state = TUNED_IN_FORCE;
	else
		tuned->state = target->same(tuned->now, entry->was) ? TUNED_LOST : TUNED_DRIFTED;
	return tuned;
}

/* Of several changes of one place the last one counts. */
static void look_at_all(const Tune *tune, const Journal *journal, TuneStatus *status)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) backwards = g_ptr_array_new();

	for (guint i = journal->entries->len; i > 0; i--) {
		const JournalEntry *entry = journal->entries->pdata[i - 1];

		if (!entry->restored &&
		    g_hash_table_add(seen, g_strdup_printf("%d %s", (int)entry->kind,
							   entry->place)))
			g_ptr_array_add(backwards, look(tune, entry));
	}
	for (guint i = backwards->len; i > 0; i--)
		g_ptr_array_add(status->rows, backwards->pdata[i - 1]);
}

TuneStatus *tune_status(const Tune *tune, GError **error)
{
	g_auto(JournalHost) host = {NULL, NULL};
	g_autoptr(TuneStatus) status = g_new0(TuneStatus, 1);
	g_autoptr(Journal) journal = NULL;

	status->rows = tuned_new_array();
	status->doubts = g_ptr_array_new_with_free_func(g_free);
	status->complete = TRUE;
	journal_host_read(tune->host.root, &host);
	if (!journal_read(tune->directory, &host, &journal, error))
		return NULL;
	if (!journal)
		return g_steal_pointer(&status);
	status->tuned = TRUE;
	status->complete = journal->complete;
	status->by = g_strdup(journal->by);
	status->cpus = g_strdup(journal->cpus);
	g_ptr_array_extend_and_steal(status->doubts, g_steal_pointer(&journal->doubts));
	journal->doubts = g_ptr_array_new();
	look_at_all(tune, journal, status);
	return g_steal_pointer(&status);
}
