/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "want.h"

#include <string.h>

#include "cpulist.h"
#include "escape.h"
#include "number.h"
#include "view.h"
#include "words.h"

/* Every want has the same shape; most need only a part of it. */
/* clang-format off */
#define WANT(name)                                                                           \
	KnobMatch name(const Knob *knob, KnobView *view G_GNUC_UNUSED,                       \
		       const KnobReading *reading, char **ret_wanted G_GNUC_UNUSED,          \
		       char **ret_note G_GNUC_UNUSED)
/* clang-format on */

static KnobMatch match(gboolean holds)
{
	return holds ? MATCH_HOLDS : MATCH_BROKEN;
}

WANT(want_text)
{
	return match(strcmp(reading->value, knob->text) == 0);
}

WANT(want_one_of)
{
	return match(words_contain(knob->text, "|", reading->value));
}

WANT(want_none_of)
{
	return match(!words_contain(knob->text, "|", reading->value));
}

WANT(want_selected)
{
	const char *open = strchr(reading->value, '[');
	const char *close = open ? strchr(open, ']') : NULL;
	g_autofree char *selected = NULL;

	if (!close || strchr(close, '['))
		return MATCH_ODD;
	selected = g_strndup(open + 1, (gsize)(close - open - 1));
	return match(words_contain(knob->text, "|", selected));
}

WANT(want_number)
{
	Span span = span_of(reading->value);
	gint64 value;

	if (!span_take_signed(&span, G_MAXINT64, &value) || span.at != span.end)
		return MATCH_ODD;
	return match(value >= knob->min && value <= knob->max);
}

WANT(want_switch)
{
	gboolean on = words_contain("Y|y|1|on|yes", "|", reading->value);

	if (!on && !words_contain("N|n|0|off|no", "|", reading->value))
		return MATCH_ODD;
	return match(on == (strcmp(knob->text, "on") == 0));
}

/* Names and versions are a line of text, of which the kernel writes no more than a page. */
static gboolean is_short_text(const char *value)
{
	enum { PAGE_BYTES = 4096 };
	g_autofree char *shown = NULL;

	if (strnlen(value, PAGE_BYTES) == PAGE_BYTES)
		return FALSE;
	shown = escape_text(value, -1);
	return strcmp(shown, value) == 0;
}

WANT(want_recorded)
{
	(void)knob;
	if (!is_short_text(reading->value))
		return MATCH_ODD;
	return match(*reading->value != '\0');
}

WANT(want_given)
{
	(void)knob;
	*ret_wanted = g_strdup("given without a value");
	return *reading->value == '\0' ? MATCH_HOLDS : MATCH_ODD;
}

WANT(want_no_value)
{
	(void)knob;
	(void)reading;
	return MATCH_BROKEN;
}

WANT(want_empty)
{
	(void)knob;
	return match(reading->value[strspn(reading->value, " \t\n")] == '\0');
}

WANT(want_word)
{
	return match(words_contain(reading->value, " ,\t\n", knob->text));
}

WANT(want_no_word)
{
	return match(!words_contain(reading->value, " ,\t\n", knob->text));
}

WANT(want_covers_planned)
{
	const Cpuset *planned = knob_view_planned(view);
	KnobMatch none = MATCH_ODD;
	const char *unplanned = knob_view_unplanned(view, &none);
	Cpuset cpus;

	(void)knob;
	if (!cpulist_parse_kernel(reading->value, CPUSET_CPUS, &cpus, NULL))
		return MATCH_ODD;
	if (unplanned) {
		*ret_note = g_strdup(unplanned);
		return none;
	}
	*ret_wanted = cpulist_format(planned);
	return match(cpuset_is_subset(planned, &cpus));
}

static KnobMatch avoids(KnobView *view, const Cpuset *cpus, char **ret_wanted, char **ret_note)
{
	const Cpuset *planned = knob_view_planned(view);
	KnobMatch none = MATCH_ODD;
	const char *unplanned = knob_view_unplanned(view, &none);
	g_autofree char *list = cpulist_format(planned);

	if (cpuset_count(cpus) == 0)
		return MATCH_ODD;
	if (unplanned) {
		*ret_note = g_strdup(unplanned);
		return none;
	}
	*ret_wanted = g_strdup_printf("CPUs other than %s", list);
	return match(!cpuset_intersects(cpus, planned));
}

WANT(want_avoids_planned)
{
	Cpuset cpus;

	(void)knob;
	if (!cpulist_parse_kernel(reading->value, CPUSET_CPUS, &cpus, NULL))
		return MATCH_ODD;
	return avoids(view, &cpus, ret_wanted, ret_note);
}

WANT(want_mask_avoids_planned)
{
	Cpuset cpus;

	(void)knob;
	if (!cpumask_parse(reading->value, CPUSET_CPUS, &cpus, NULL))
		return MATCH_ODD;
	return avoids(view, &cpus, ret_wanted, ret_note);
}
