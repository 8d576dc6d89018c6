/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tune.h"
#include "tune_private.h"

const char *tuned_state_name(TunedState state)
{
	static const char *const names[] = {
		[TUNED_MADE] = "made",	       [TUNED_FAILED] = "failed",
		[TUNED_HELD] = "held",
		[TUNED_UNTRIED] = "not tried",
		[TUNED_RESTORED] = "restored", [TUNED_ALREADY] = "already restored",
		[TUNED_RESET] = "reset by a reboot", [TUNED_FOREIGN] = "changed by others",
		[TUNED_GONE] = "gone",	       [TUNED_STUCK] = "stuck",
		[TUNED_IN_FORCE] = "in force", [TUNED_DRIFTED] = "drifted",
		[TUNED_LOST] = "lost",
	};

	return names[state];
}

void tuned_free(Tuned *tuned)
{
	if (!tuned)
		return;
	g_free(tuned->row);
	g_free(tuned->place);
	g_free(tuned->was);
	g_free(tuned->then);
	g_free(tuned->now);
	g_free(tuned->why);
	g_free(tuned);
}

GPtrArray *tuned_new_array(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)tuned_free);
}

Tuned *tuned_new(const JournalEntry *entry, TunedState state)
{
	Tuned *tuned = g_new0(Tuned, 1);

	*tuned = (Tuned){.row = g_strdup(entry->row),
			 .place = g_strdup(entry->place),
			 .was = g_strdup(entry->was),
			 .then = g_strdup(entry->then),
			 .kind = entry->kind,
			 .state = state};
	return tuned;
}

void tune_step(const Tune *tune)
{
	if (tune->step)
		tune->step(tune->step_data);
}
