/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "knob_list.h"

#include <jansson.h>
#include <string.h>

static char *scopes_text(const Knob *knob)
{
	GString *text = g_string_new(NULL);

	for (guint bit = 1; bit < 1u << KNOB_SCOPES; bit <<= 1)
		if (knob->scopes & bit)
			g_string_append_printf(text, "%s%s", text->len ? "," : "",
					       knob_scope_name((KnobScope)bit));
	return g_string_free(text, FALSE);
}

char *knob_list_text(const KnobSelection *selection)
{
	GString *out = g_string_new(NULL);
	const KnobLayer *last = NULL;
	guint rows = 0;

	KNOB_FOREACH (layer, knob) {
		g_autofree char *scopes = scopes_text(knob);

		if (!knob_selected(selection, knob))
			continue;
		if (layer != last)
			g_string_append_printf(out, "%s%s\n", last ? "\n" : "", layer->title);
		last = layer;
		rows++;
		g_string_append_printf(out, "  %-34s %-7s %-10s %-10s %s\n", knob->id,
				       knob->place == PLACE_EXPLAIN
					       ? "explain"
					       : finding_severity_name(knob->severity),
				       scopes, knob_when_name(knob->when), knob->title);
	}
	g_string_append_printf(out, "\n%u rows; --explain ID tells all about one\n", rows);
	return g_string_free(out, FALSE);
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *row_json(const KnobLayer *layer, const Knob *knob)
{
	json_t *row = json_object();
	json_t *scopes = json_array();

	for (guint bit = 1; bit < 1u << KNOB_SCOPES; bit <<= 1)
		if (knob->scopes & bit)
			json_array_append_new(scopes,
					      json_string(knob_scope_name((KnobScope)bit)));
	json_object_set_new(row, "id", json_string(knob->id));
	json_object_set_new(row, "layer", json_string(layer->name));
	json_object_set_new(row, "title", json_string(knob->title));
	json_object_set_new(row, "why", json_string(knob->why));
	json_object_set_new(row, "source", json_string(knob->source));
	json_object_set_new(row, "remedy", text_or_null(knob->remedy));
	json_object_set_new(row, "scope", scopes);
	json_object_set_new(row, "severity",
			    json_string(finding_severity_name(knob->severity)));
	json_object_set_new(row, "when", json_string(knob_when_name(knob->when)));
	json_object_set_new(row, "place", json_string(knob_place_name(knob->place)));
	json_object_set_new(row, "path", text_or_null(knob->path));
	json_object_set_new(row, "wanted", text_or_null(knob->text));
	json_object_set_new(row, "policy", text_or_null(knob->opinions));
	json_object_set_new(row, "sides", text_or_null(knob->sides));
	json_object_set_new(row, "tuned", json_boolean(knob->set || knob->change));
	return row;
}

char *knob_list_json(const KnobSelection *selection)
{
	json_t *rows = json_array();
	json_t *document = json_pack("{s:s, s:o}", "schema", "lathe-knobs/1", "rows", rows);
	char *text, *ret;

	KNOB_FOREACH (layer, knob)
		if (knob_selected(selection, knob))
			json_array_append_new(rows, row_json(layer, knob));
	text = json_dumps(document, JSON_INDENT(2));
	g_assert(text);
	ret = g_strconcat(text, "\n", NULL);
	free(text);
	json_decref(document);
	return ret;
}

static void say(GString *out, const char *name, const char *value)
{
	if (value)
		g_string_append_printf(out, "%-9s %s\n", name, value);
}

char *knob_explain(const KnobLayer *layer, const Knob *knob)
{
	g_autofree char *scopes = scopes_text(knob);
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "%s: %s\n\n", knob->id, knob->title);
	say(out, "layer", layer->title);
	say(out, "scope", scopes);
	say(out, "severity", knob->place == PLACE_EXPLAIN
				     ? "none: no program can see it, it is shown only"
				     : finding_severity_name(knob->severity));
	say(out, "changes", knob_when_name(knob->when));
	say(out, "place", knob_place_name(knob->place));
	say(out, "path", knob->path);
	say(out, "wanted", knob->text);
	say(out, "absent", knob->absent_means);
	say(out, "policy", knob->opinions);
	say(out, "choose", knob->sides);
	say(out, "why", knob->why);
	say(out, "source", knob->source);
	say(out, "remedy", knob->remedy);
	return g_string_free(out, FALSE);
}
