/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tune_json.h"

#include <jansson.h>
#include <stdlib.h>

#include "escape.h"
#include "target.h"

/* NULL becomes null; what is not UTF-8 is escaped. */
static json_t *text_json(const char *text)
{
	g_autofree char *escaped = text ? escape_text(text, -1) : NULL;

	return text ? json_string(escaped) : json_null();
}

static json_t *strings_json(const GPtrArray *strings)
{
	json_t *list = json_array();

	for (guint i = 0; i < strings->len; i++)
		json_array_append_new(list, text_json(strings->pdata[i]));
	return list;
}

static json_t *changes_json(const GPtrArray *changes)
{
	json_t *list = json_array();

	for (guint i = 0; i < changes->len; i++) {
		const Change *change = changes->pdata[i];

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "row", change->row,
					"severity", finding_severity_name(change->severity), "kind",
					target_name(change->kind), "place",
					text_json(change->place), "now", text_json(change->was),
					"then", text_json(change->then), "disruption",
					text_json(change->disruption)));
	}
	return list;
}

static json_t *unchangeable_json(const Changes *changes)
{
	json_t *list = json_array();

	for (guint i = 0; i < changes->unchangeable->len; i++) {
		const Unchangeable *row = changes->unchangeable->pdata[i];

		json_array_append_new(list, json_pack("{s:s, s:o}", "row", row->row, "why",
						      text_json(row->why)));
	}
	return list;
}

static json_t *rows_json(const GPtrArray *rows)
{
	json_t *list = json_array();

	for (guint i = 0; i < rows->len; i++) {
		const Tuned *row = rows->pdata[i];

		json_array_append_new(
			list,
			json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:s, s:o}", "row",
				  text_json(row->row), "kind", target_name(row->kind), "place",
				  text_json(row->place), "was", text_json(row->was), "then",
				  text_json(row->then), "now", text_json(row->now), "state",
				  tuned_state_name(row->state), "why", text_json(row->why)));
	}
	return list;
}

static char *dump(json_t *document)
{
	char *text = json_dumps(document, JSON_INDENT(2));
	char *line = g_strconcat(text, "\n", NULL);

	json_decref(document);
	free(text);
	return line;
}

char *tune_json_diff(const Changes *changes, const char *cpus)
{
	return dump(json_pack("{s:s, s:s, s:o, s:o}", "kind", "tune-diff", "cpus", cpus, "changes",
			      changes_json(changes->changes), "unchangeable",
			      unchangeable_json(changes)));
}

char *tune_json_apply(const Changes *changes, const GPtrArray *outcomes, const char *cpus,
		      gboolean ok)
{
	return dump(json_pack("{s:s, s:s, s:b, s:o, s:o}", "kind", "tune-apply", "cpus", cpus,
			      "applied", ok, "rows", rows_json(outcomes), "unchangeable",
			      unchangeable_json(changes)));
}

static json_t *pending_json(const GPtrArray *pending)
{
	json_t *list = json_array();

	for (guint i = 0; i < pending->len; i++) {
		const Finding *finding = pending->pdata[i];

		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:o}", "row", finding->id, "severity",
						finding_severity_name(finding->severity), "reason",
						text_json(finding->reason)));
	}
	return list;
}

char *tune_json_status(const TuneStatus *status, gboolean under_way,
		       const GPtrArray *pending)
{
	return dump(json_pack("{s:s, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o}", "kind", "tune-status",
			      "tuned", status->tuned, "complete", status->complete, "under_way",
			      under_way, "by",
			      text_json(status->by), "cpus", text_json(status->cpus), "rows",
			      rows_json(status->rows), "doubts", strings_json(status->doubts),
			      "pending_reboot", pending_json(pending)));
}

char *tune_json_restore(const GPtrArray *outcomes, const GPtrArray *doubts, const char *aside)
{
	return dump(json_pack("{s:s, s:o, s:o, s:o}", "kind", "tune-restore", "rows",
			      rows_json(outcomes), "doubts", strings_json(doubts), "damaged_journal",
			      text_json(aside)));
}
