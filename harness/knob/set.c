/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "set.h"

#include <string.h>

#include "choice.h"
#include "cpulist.h"
#include "number.h"

/* Every setter has the same shape; most need only a part of it. */
/* clang-format off */
#define SET(name)                                                                            \
	char *name(const Knob *knob G_GNUC_UNUSED, KnobView *view G_GNUC_UNUSED,             \
		   const KnobReading *reading G_GNUC_UNUSED)
/* clang-format on */

static const char *parameter(const Knob *knob)
{
	return knob->to ? knob->to : knob->text;
}

SET(set_text)
{
	const char *text = parameter(knob);

	return g_strndup(text, strcspn(text, "|"));
}

SET(set_choice)
{
	const char *choice = knob_view_choice(view, knob->id);

	if (strcmp(choice, SIDE_WANTED) == 0 || strcmp(choice, SIDE_NONE) == 0)
		return NULL;
	return g_strdup(choice);
}

SET(set_number)
{
	Span span = span_of(reading->value);
	gint64 value;

	if (!span_take_signed(&span, G_MAXINT64, &value) || span.at != span.end)
		return NULL;
	return g_strdup_printf("%" G_GINT64_FORMAT, value < knob->min ? knob->min : knob->max);
}

SET(set_switch)
{
	gboolean on = strcmp(knob->text, "on") == 0;
	gboolean letter = strchr("YyNn", *reading->value) && *reading->value;

	return g_strdup(letter ? (on ? "Y" : "N") : (on ? "1" : "0"));
}

SET(set_as_beside)
{
	g_autofree char *directory = g_path_get_dirname(reading->place);
	g_autofree char *path = g_build_filename(directory, parameter(knob), NULL);

	return g_strdup(knob_view_line(view, path, NULL));
}

gboolean set_without_planned(KnobView *view, const Cpuset *now, Cpuset *ret)
{
	const Cpuset *planned = knob_view_planned(view);

	*ret = *now;
	cpuset_subtract(ret, planned);
	if (cpuset_count(ret) == 0)
		*ret = *knob_view_housekeeping(view);
	return cpuset_count(ret) > 0;
}

/* In the kernel's own form there, so that what is read back is what was written: each hex
 * digit of `like`, from the last one on, is 4 CPUs. */
char *set_mask_like(const char *like, const Cpuset *set)
{
	g_autofree char *mask = g_strdup(like);
	guint cpu = 0;

	for (gsize i = strlen(mask); i > 0; i--) {
		guint digit = 0;

		if (!g_ascii_isxdigit(mask[i - 1]))
			continue;
		for (guint bit = 0; bit < 4; bit++, cpu++)
			if (cpu < CPUSET_CPUS && cpuset_contains(set, cpu))
				digit |= 1u << bit;
		mask[i - 1] = "0123456789abcdef"[digit];
	}
	return cpuset_next(set, MIN(cpu, CPUSET_CPUS)) < 0 ? g_steal_pointer(&mask) : NULL;
}

SET(set_mask_without_planned)
{
	Cpuset now, then;

	if (!cpumask_parse(reading->value, CPUSET_CPUS, &now, NULL) ||
	    !set_without_planned(view, &now, &then))
		return NULL;
	return set_mask_like(reading->value, &then);
}

SET(set_list_without_planned)
{
	Cpuset now, then;

	if (!cpulist_parse_kernel(reading->value, CPUSET_CPUS, &now, NULL) ||
	    !set_without_planned(view, &now, &then))
		return NULL;
	return cpulist_format(&then);
}
