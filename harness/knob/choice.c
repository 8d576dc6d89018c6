/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "choice.h"

#include <string.h>

#include "view.h"

static gboolean has_side(const Knob *knob, const char *value)
{
	g_auto(GStrv) sides = g_strsplit(knob->sides, "|", -1);

	return g_strv_contains((const char *const *)sides, value);
}

static gboolean no_row(const char *id, LatheErrorCode code, GError **error)
{
	const char *nearest = knob_nearest(id);

	lathe_error(error, code, "there is no row '%s' in the knob table", id);
	if (nearest)
		lathe_error_hint(error, "did you mean '%s'?", nearest);
	else
		lathe_error_hint(error, "lathe validate-host --list shows the table");
	return FALSE;
}

gboolean choice_parse(const char *text, LatheErrorCode code, const Knob **ret_knob,
		      const char **ret_value, GError **error)
{
	const char *equals = strchr(text, '=');
	g_autofree char *id = equals ? g_strndup(text, (gsize)(equals - text)) : NULL;
	const Knob *knob;

	if (!equals || equals == text || !equals[1])
		return lathe_error(error, code, "'%s' is not ID=VALUE", text);
	knob = knob_find(id, NULL);
	if (!knob)
		return no_row(id, code, error);
	if (!knob->opinions)
		return lathe_error(error, code, "'%s' is no policy: there is nothing to choose",
				   id);
	if (!knob->sides)
		return lathe_error(error, code,
				   "'%s' only shows what the sources say: there is nothing "
				   "to choose",
				   id);
	if (!has_side(knob, equals + 1)) {
		lathe_error(error, code, "'%s' cannot be chosen of '%s'", equals + 1, id);
		lathe_error_hint(error, "what can be: %s", knob->sides);
		return FALSE;
	}
	*ret_knob = knob;
	*ret_value = equals + 1;
	return TRUE;
}

void choices_make(KnobView *view, const GPtrArray *choices)
{
	for (guint i = 0; choices && i < choices->len; i++) {
		g_auto(GStrv) sides = g_strsplit(choices->pdata[i], "=", 2);

		if (g_strv_length(sides) == 2)
			knob_view_choose(view, sides[0], sides[1]);
	}
}

static const char *chosen(const Knob *knob, const KnobView *view)
{
	const char *choice = knob->sides ? knob_view_choice(view, knob->id) : NULL;

	return g_strcmp0(choice, SIDE_WANTED) == 0 ? NULL : choice;
}

/* The kernel writes "(null)" where a list of CPUs was never made. */
static gboolean holds_nothing(const char *value)
{
	value += strspn(value, " \t\n");
	return *value == '\0' || strcmp(value, "(null)") == 0;
}

KnobMatch choice_match(const Knob *knob, KnobView *view, const KnobReading *reading,
		       char **ret_wanted, char **ret_note)
{
	const char *choice = chosen(knob, view);
	KnobMatch match;

	if (choice && strcmp(choice, SIDE_NONE) == 0) {
		*ret_wanted = g_strdup("nothing");
		*ret_note = g_strdup("the profile's choice");
		return holds_nothing(reading->value) ? MATCH_HOLDS : MATCH_BROKEN;
	}
	match = knob->want(knob, view, reading, ret_wanted, ret_note);
	/* What makes no sense, or does not count here, does so whoever chose what. */
	if (!choice || match == MATCH_ODD || match == MATCH_IRRELEVANT)
		return match;
	g_free(*ret_wanted);
	g_free(*ret_note);
	*ret_wanted = g_strdup(choice);
	*ret_note = g_strdup("the profile's choice");
	return strcmp(choice, reading->value) == 0 ? MATCH_HOLDS : MATCH_BROKEN;
}

KnobMatch choice_match_absent(const Knob *knob, const KnobView *view)
{
	static const KnobMatch matches[] = {
		[ABSENT_UNKNOWN] = MATCH_ODD,
		[ABSENT_NA] = MATCH_IRRELEVANT,
		[ABSENT_HOLDS] = MATCH_HOLDS,
		[ABSENT_BROKEN] = MATCH_BROKEN,
	};
	const char *choice = chosen(knob, view);
	KnobMatch match = matches[knob->absent];

	if (!choice)
		return match;
	if (strcmp(choice, SIDE_NONE) == 0)
		return MATCH_HOLDS;
	/* "As good as the wanted value" was said of another one. */
	return match == MATCH_HOLDS ? MATCH_BROKEN : match;
}
