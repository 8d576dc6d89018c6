/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_breaches.h"

#include "escape.h"

BreachCount breaches_count(const GPtrArray *breaches)
{
	BreachCount count = {0};

	for (guint i = 0; i < breaches->len; i++) {
		const Breach *breach = breaches->pdata[i];

		if (breach->unknown)
			count.unknown[breach->level]++;
		else
			count.broken[breach->level]++;
	}
	return count;
}

int breaches_status(const GPtrArray *breaches)
{
	BreachCount count = breaches_count(breaches);

	if (count.broken[RULE_ERROR] > 0)
		return 2;
	return count.unknown[RULE_ERROR] > 0 ? 3 : 0;
}

static void add_count(GString *text, guint count, const char *one, const char *many)
{
	if (count > 0)
		g_string_append_printf(text, "%s%u %s", text->len ? ", " : "", count,
				       count == 1 ? one : many);
}

char *breaches_summary(const GPtrArray *breaches)
{
	GString *text = g_string_new(NULL);
	BreachCount count = breaches_count(breaches);
	guint unknown = 0;

	add_count(text, count.broken[RULE_ERROR], "error", "errors");
	add_count(text, count.broken[RULE_WARNING], "warning", "warnings");
	add_count(text, count.broken[RULE_ADVICE], "advice", "advice");
	if (text->len == 0)
		g_string_append(text, "no rule is broken");
	for (guint level = 0; level <= RULE_ERROR; level++)
		unknown += count.unknown[level];
	if (unknown > 0)
		g_string_append_printf(text, "; %u could not be looked at", unknown);
	return g_string_free(text, FALSE);
}

/* 0: of no line. */
static guint line_of(const Breach *breach)
{
	if (!breach->vm)
		return 0;
	return vm_config_given(breach->vm, breach->key) ? breach->vm->lines[breach->key]
							: breach->vm->line;
}

static void add_breach(GString *text, const Breach *breach, const char *path)
{
	const char *level = rule_level_name(breach->level);

	g_string_append(text, path);
	if (line_of(breach))
		g_string_append_printf(text, ":%u", line_of(breach));
	if (breach->unknown)
		g_string_append_printf(text, ": unknown (%s)", level);
	else
		g_string_append_printf(text, ": %s", level);
	g_string_append_printf(text, ": %s [%s]\n    remedy: %s\n", breach->text,
			       breach->rule->id, breach->rule->remedy);
}

char *breaches_text(const GPtrArray *breaches, const char *path)
{
	GString *text = g_string_new(NULL);
	g_autofree char *shown = escape_text(path, -1);

	/* What is broken goes before what nobody knows. */
	for (gboolean unknown = FALSE; unknown <= TRUE; unknown++)
		for (guint i = 0; i < breaches->len; i++)
			if (((const Breach *)breaches->pdata[i])->unknown == unknown)
				add_breach(text, breaches->pdata[i], shown);
	return g_string_free(text, FALSE);
}

static json_t *breach_json(const Breach *breach)
{
	guint line = line_of(breach);

	return json_pack("{s:s, s:s, s:b, s:s?, s:s?, s:s, s:o, s:s, s:s, s:s, s:s}", "rule",
			 breach->rule->id, "level", rule_level_name(breach->level), "unknown",
			 breach->unknown, "uuid", breach->vm ? breach->vm->uuid : NULL, "name",
			 breach->vm ? breach->vm->name : NULL, "key", vm_keys[breach->key].name,
			 "line", line ? json_integer(line) : json_null(), "text", breach->text,
			 "title", breach->rule->title, "remedy", breach->rule->remedy, "source",
			 breach->rule->source);
}

json_t *breaches_json(const GPtrArray *breaches)
{
	json_t *list = json_array();

	for (guint i = 0; i < breaches->len; i++)
		json_array_append_new(list, breach_json(breaches->pdata[i]));
	return list;
}
