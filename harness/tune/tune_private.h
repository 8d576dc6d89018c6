/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the engine. */
#ifndef LATHE_TUNE_PRIVATE_H
#define LATHE_TUNE_PRIVATE_H

#include "journal.h"
#include "tune.h"

/* The entry's texts and a state. */
Tuned *tuned_new(const JournalEntry *entry, TunedState state);

void tune_step(const Tune *tune);

/* Whether `value` is what lathe left there. */
gboolean tune_is_ours(const JournalEntry *entry, const char *value);

/* Puts back, last first, the entries of `journal` from index `first` on, and completes what is
 * before them, if anything is: else the journal is the caller's to remove. FALSE with an error
 * when one that is ours could not be put back, or what is before them not be completed. */
gboolean tune_put_back(const Tune *tune, const Journal *journal, const JournalHost *host,
		       guint first, GPtrArray *outcomes, GError **error);

#endif
