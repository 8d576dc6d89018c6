/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuning_words.h"

char *tuning_said(const RunTuning *tuning)
{
	const char *cpus = tuning->cpus && *tuning->cpus ? tuning->cpus : "none";
	const char *by = tuning->by ? tuning->by : "nobody knows";

	if (g_strcmp0(tuning->how, "run") == 0)
		return g_strdup_printf("tuned for CPUs %s by this run, for its time", cpus);
	if (g_strcmp0(tuning->how, "earlier") == 0)
		return g_strdup_printf("tuned for CPUs %s before (%s); %s", cpus, by,
				       tuning->why ? tuning->why : "this run changed nothing");
	if (g_strcmp0(tuning->how, "off") == 0 || g_strcmp0(tuning->how, "refused") == 0)
		return g_strdup_printf("NOT tuned for CPUs %s: %s", cpus,
				       tuning->why ? tuning->why : "nobody says why");
	return g_strdup("not known: this run says nothing of it");
}

char *tuning_in_force(const RunTuning *tuning)
{
	guint n = 0;

	for (guint i = 0; i < tuning->rows->len; i++)
		n += run_tuned_in_force(tuning->rows->pdata[i]);
	return g_strdup_printf("%u of %u values", n, tuning->rows->len);
}

char *tuning_put_back(const RunTuning *tuning)
{
	if (g_strcmp0(tuning->put_back, "yes") == 0)
		return g_strdup("yes");
	return g_strdup(g_strcmp0(tuning->put_back, "no") == 0 ? "NO"
							       : "nothing was to be put back");
}

char *tuning_state(const RunTuned *tuned)
{
	const char *state = tuned->state ? tuned->state : "unknown";

	return tuned->why ? g_strdup_printf("%s: %s", state, tuned->why) : g_strdup(state);
}
