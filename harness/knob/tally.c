/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of many places, put together: a hundred CPUs that hold the same are one line of
 * evidence, and cost the same as one to read.
 */
#include <errno.h>
#include <string.h>

#include "choice.h"
#include "escape.h"
#include "judge.h"
#include "place.h"

/* What a person reads of one finding; how many there are besides is said. */
#define EVIDENCE_MAX 12
#define PLACES_MAX   4
#define SEEN_MAX     200

typedef struct {
	KnobMatch match;
	int errnum; /* of MATCH_ODD that could not be read, or 0 */
	char *seen, *wanted, *note;
	GPtrArray *places; /* the first PLACES_MAX, when no CPU stands for them */
	guint count;
	Cpuset cpus;
} Group;

struct Tally {
	const Knob *knob;
	KnobView *view;
	GHashTable *by_key; /* char * -> Group, borrowed from groups */
	GPtrArray *groups;
	TallyWatch watch; /* or NULL */
	gpointer watch_data;
};

static void group_free(gpointer data)
{
	Group *group = data;

	g_free(group->seen);
	g_free(group->wanted);
	g_free(group->note);
	g_ptr_array_unref(group->places);
	g_free(group);
}

Tally *tally_new(const Knob *knob, KnobView *view)
{
	Tally *tally = g_new(Tally, 1);

	*tally = (Tally){knob, view,
			 g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
			 g_ptr_array_new_with_free_func(group_free), NULL, NULL};
	return tally;
}

void tally_watch(Tally *tally, TallyWatch watch, gpointer data)
{
	tally->watch = watch;
	tally->watch_data = data;
}

void tally_free(Tally *tally)
{
	if (!tally)
		return;
	g_hash_table_unref(tally->by_key);
	g_ptr_array_unref(tally->groups);
	g_free(tally);
}

static Group *group_of(Tally *tally, KnobMatch match, int errnum, const char *seen,
		       const char *wanted, const char *note)
{
	g_autofree char *key = g_strdup_printf("%d\x1f%d\x1f%s\x1f%s\x1f%s", (int)match, errnum,
					       seen ? seen : "", wanted ? wanted : "",
					       note ? note : "");
	Group *group = g_hash_table_lookup(tally->by_key, key);

	if (group)
		return group;
	group = g_new0(Group, 1);
	group->match = match;
	group->errnum = errnum;
	group->seen = g_strdup(seen);
	group->wanted = g_strdup(wanted);
	group->note = g_strdup(note);
	group->places = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(tally->groups, group);
	g_hash_table_insert(tally->by_key, g_steal_pointer(&key), group);
	return group;
}

static void count(Group *group, const char *place, int cpu)
{
	group->count++;
	if (cpu >= 0)
		cpuset_add(&group->cpus, (guint)cpu);
	if (group->places->len < PLACES_MAX)
		g_ptr_array_add(group->places, g_strdup(place));
}

void tally_match(Tally *tally, KnobMatch match, const char *place, const char *seen, int cpu,
		 const char *wanted, const char *note)
{
	g_autofree char *shown = NULL;

	if (seen) {
		/* The kernel's "(null)" for no CPUs comes behind a line of blanks. */
		seen += strspn(seen, " \t\n");
		shown = escape_text(seen, MIN((gssize)strlen(seen), SEEN_MAX));
		if (strlen(seen) > SEEN_MAX) {
			g_autofree char *whole = g_steal_pointer(&shown);

			shown = g_strconcat(whole, " ...", NULL);
		}
	}
	count(group_of(tally, match, 0, shown, wanted, note), place, cpu);
}

void tally_value(Tally *tally, const char *place, const char *value, int cpu)
{
	KnobReading reading = {place, value, cpu};
	g_autofree char *wanted = NULL;
	g_autofree char *note = NULL;
	KnobMatch match = choice_match(tally->knob, tally->view, &reading, &wanted, &note);

	if (tally->watch)
		tally->watch(&reading, match, tally->watch_data);
	tally_match(tally, match, place, value, cpu, wanted ? wanted : tally->knob->text, note);
}

void tally_errno(Tally *tally, const char *place, int errnum, int cpu)
{
	const Knob *knob = tally->knob;
	KnobMatch match = MATCH_ODD;

	if (errnum == ENOENT && knob_view_complete(tally->view))
		match = choice_match_absent(knob, tally->view);
	count(group_of(tally, match, errnum, NULL, knob->text,
		       match == MATCH_ODD ? NULL : knob->absent_means),
	      place, cpu);
}

/* Many CPUs are one place: "cpu{5-7}/cpufreq/scaling_governor"; else the first places, and how
 * many more. */
static char *place_of(const Tally *tally, const Group *group)
{
	const char *path = tally->knob->path;
	const char *cpu = path && !strchr(path, '*') ? strstr(path, "{cpu}") : NULL;
	g_autoptr(GString) text = g_string_new(NULL);

	if (cpu && cpuset_count(&group->cpus) > 1) {
		g_autofree char *cpus = cpulist_format(&group->cpus);

		g_string_append_len(text, path, cpu - path);
		g_string_append_printf(text, "{%s}%s", cpus, cpu + strlen("{cpu}"));
		return g_string_free(g_steal_pointer(&text), FALSE);
	}
	for (guint i = 0; i < group->places->len; i++)
		g_string_append_printf(text, "%s%s", i ? ", " : "",
				       (char *)group->places->pdata[i]);
	if (group->count > group->places->len)
		g_string_append_printf(text, " and %u more",
				       group->count - group->places->len);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void explain(const Tally *tally, const Group *group, Finding *finding)
{
	g_autofree char *place = place_of(tally, group);

	if (group->errnum && group->match == MATCH_ODD) {
		knob_conclude_errno(tally->knob, tally->view, finding, place, group->errnum);
		return;
	}
	if (group->match == MATCH_ODD && !group->seen) {
		knob_conclude(tally->knob, finding, MATCH_ODD, "%s: %s", place,
			      group->note ? group->note : "it could not be looked at");
		return;
	}
	if (group->match == MATCH_HOLDS) {
		knob_conclude(tally->knob, finding, MATCH_HOLDS, "%s",
			      group->note ? group->note : "");
		return;
	}
	if (group->errnum) {
		knob_conclude(tally->knob, finding, group->match, "%s is absent%s%s", place,
			      group->note ? ": " : "", group->note ? group->note : "");
		return;
	}
	if (group->match == MATCH_IRRELEVANT) {
		knob_conclude(tally->knob, finding, group->match, "%s",
			      group->note ? group->note : place);
		return;
	}
	if (g_strcmp0(group->seen, PLACE_NOT_GIVEN) == 0) {
		knob_conclude(tally->knob, finding, group->match, "%s is not given%s%s", place,
			      group->note ? ": " : "", group->note ? group->note : "");
		return;
	}
	knob_conclude(tally->knob, finding, group->match, "%s holds %s%s%s%s%s%s", place,
		      group->seen && *group->seen ? group->seen : "nothing",
		      group->wanted && group->match == MATCH_BROKEN ? ", not " : "",
		      group->wanted && group->match == MATCH_BROKEN ? group->wanted : "",
		      group->match == MATCH_ODD && !group->note ? ", which makes no sense there"
								: "",
		      group->note ? ": " : "", group->note ? group->note : "");
}

/* The worst first. */
static int rank(const Group *group)
{
	return group->match == MATCH_BROKEN ? 0
	       : group->match == MATCH_ODD  ? 1
	       : group->match == MATCH_HOLDS ? 2
					     : 3;
}

static int compare_groups(gconstpointer a, gconstpointer b)
{
	return rank(*(Group *const *)a) - rank(*(Group *const *)b);
}

static gboolean is_good(const Group *group)
{
	return group->match == MATCH_HOLDS || group->match == MATCH_IRRELEVANT;
}

/* What `absent` proves of a machine, "no CPU frequency driver", is not so when other CPUs have
 * the file: then nobody knows what that means of the ones that lack it. */
static void doubt_absent(Tally *tally)
{
	gboolean read = FALSE;

	if (tally->knob->per == PER_MACHINE || tally->knob->absent != ABSENT_NA)
		return;
	for (guint i = 0; i < tally->groups->len; i++)
		read = read || ((const Group *)tally->groups->pdata[i])->errnum == 0;
	for (guint i = 0; read && i < tally->groups->len; i++) {
		Group *group = tally->groups->pdata[i];

		if (group->errnum != ENOENT || group->match != MATCH_IRRELEVANT)
			continue;
		group->match = MATCH_ODD;
		group->errnum = 0;
		g_free(group->note);
		group->note = g_strdup("absent, while other CPUs have it");
	}
}

void tally_finish(Tally *tally, Finding *finding)
{
	const Group *worst;

	if (tally->groups->len == 0) {
		knob_conclude(tally->knob, finding, MATCH_ODD, "nothing was found to look at");
		return;
	}
	doubt_absent(tally);
	g_ptr_array_sort(tally->groups, compare_groups);
	worst = tally->groups->pdata[0];
	for (guint i = 0; i < tally->groups->len && i < EVIDENCE_MAX; i++) {
		const Group *group = tally->groups->pdata[i];

		/* Beside what is wrong, what is right would only be taken for wrong. */
		if (is_good(group) && !is_good(worst))
			break;
		finding_add_evidence(finding, place_of(tally, group), g_strdup(group->seen),
				     g_strdup(group->wanted));
	}
	explain(tally, worst, finding);
}
