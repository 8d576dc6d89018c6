/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remedy.h"

#include <string.h>

static char *each(const Cpuset *cpus)
{
	GString *text = g_string_new(NULL);

	CPUSET_FOREACH (cpu, cpus)
		g_string_append_printf(text, "%s%d", text->len ? " " : "", cpu);
	return g_string_free(text, FALSE);
}

static char *number(const Cpuset *cpus)
{
	return g_strdup_printf("%u", cpuset_count(cpus));
}

/* As the kernel takes it: 32 bits a group, no "0x" (lib/bitmap-str.c, bitmap_parse()). */
static char *mask(const Cpuset *cpus)
{
	GString *text = g_string_new(NULL);

	for (guint group = CPUSET_CPUS / 32; group-- > 0;) {
		guint32 bits = (guint32)(cpus->bits[group / 2] >> (group % 2 * 32));

		if (text->len)
			g_string_append_printf(text, ",%08x", bits);
		else if (bits || group == 0)
			g_string_append_printf(text, "%x", bits);
	}
	return g_string_free(text, FALSE);
}

/* In an order in which no name is a part of a later one. */
static const struct {
	const char *name;
	const Cpuset *(*cpus)(KnobView *view);
	char *(*format)(const Cpuset *cpus);
} words[] = {
	{"MASK_OF_HOUSEKEEPING_CPUS", knob_view_housekeeping, mask},
	{"NUMBER_OF_HOUSEKEEPING_CPUS", knob_view_housekeeping, number},
	{"HOUSEKEEPING_CPUS", knob_view_housekeeping, cpulist_format},
	{"EACH_PLANNED_CPU", knob_view_planned, each},
	{"PLANNED_CPUS", knob_view_planned, cpulist_format},
};

char *remedy_for(const char *remedy, KnobView *view)
{
	g_autoptr(GString) text = g_string_new(remedy);

	/* Without planned CPUs every CPU would be housekeeping. */
	if (cpuset_count(knob_view_planned(view)) == 0)
		return g_string_free(g_steal_pointer(&text), FALSE);
	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autofree char *with = NULL;

		if (!strstr(text->str, words[i].name) ||
		    cpuset_count(words[i].cpus(view)) == 0)
			continue;
		with = words[i].format(words[i].cpus(view));
		g_string_replace(text, words[i].name, with, 0);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}
