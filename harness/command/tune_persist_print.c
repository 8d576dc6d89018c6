/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tune_persist_print.h"

#include <jansson.h>
#include <stdlib.h>

#include "escape.h"
#include "table.h"

static void add_text(GString *out, const char *text)
{
	g_autoptr(GString) blanks = g_string_new(text);
	g_auto(GStrv) lines = NULL;

	g_string_replace(blanks, "\t", "        ", 0);
	lines = g_strsplit(blanks->str, "\n", -1);
	for (char **line = lines; *line; line++) {
		g_autofree char *shown = escape_text(*line, -1);

		if (*shown || line[1])
			g_string_append_printf(out, "    %s\n", shown);
	}
}

static void add_file(GString *out, const PersistFile *file)
{
	g_autofree char *path = escape_text(file->path, -1);

	g_string_append_printf(out, "%s (%s)\n", path, persist_state_name(file->state));
	text_wrap(out, "  ", file->why);
	if (file->text && file->kind == PERSIST_LINK)
		g_string_append_printf(out, "    -> %s\n", file->text);
	else if (file->text)
		add_text(out, file->text);
	g_string_append_c(out, '\n');
}

static void add_steps(GString *out, const GPtrArray *steps, const char *head)
{
	if (steps->len > 0)
		g_string_append(out, head);
	for (guint i = 0; i < steps->len; i++) {
		const PersistStep *step = steps->pdata[i];
		g_autofree char *text = persist_step_text(step);

		g_string_append_printf(out, "  %s\n", text);
		text_wrap(out, "      ", step->why);
	}
}

static void add_lines(GString *out, const char *lead, const GPtrArray *lines)
{
	for (guint i = 0; i < lines->len; i++)
		text_wrap(out, lead, lines->pdata[i]);
}

char *persist_print_text(const PersistPlan *plan, gboolean written)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; i < plan->files->len; i++)
		add_file(out, plan->files->pdata[i]);
	g_string_append_printf(out, "The kernel command line becomes %" G_GSIZE_FORMAT
				    " bytes long.\n", plan->cmdline_bytes);
	add_lines(out, "  conflict: ", plan->conflicts);
	add_lines(out, "  note: ", plan->notes);
	if (persist_plan_is_done(plan))
		g_string_append(out, "All of it is there already.\n");
	add_steps(out, plan->steps, "\nTo make the files count:\n");
	if (!written && !persist_plan_is_done(plan))
		g_string_append(out, "\nNothing was written: `lathe tune persist --write` does it.\n");
	return g_string_free(g_steal_pointer(&out), FALSE);
}

char *unpersist_print_text(const Unpersist *files, gboolean written)
{
	g_autoptr(GString) out = g_string_new(NULL);

	if (files->files->len == 0)
		return g_strdup("lathe wrote nothing that lasts.\n");
	for (guint i = 0; i < files->files->len; i++) {
		const Unpersisted *file = files->files->pdata[i];
		g_autofree char *path = escape_text(file->path, -1);

		g_string_append_printf(out, "%s: %s%s%s\n", path,
				       !written && file->state == UNPERSIST_OURS
					       ? "would be removed"
					       : unpersist_state_name(file->state),
				       file->why ? ": " : "", file->why ? file->why : "");
	}
	add_steps(out, files->steps, "\nTo make it count:\n");
	if (!written)
		g_string_append(out,
				"\nNothing was removed: `lathe tune unpersist --write` does it.\n");
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static json_t *text_json(const char *text)
{
	g_autofree char *escaped = text ? escape_text(text, -1) : NULL;

	/* A file's text keeps its lines, when it is text. */
	if (text && g_utf8_validate(text, -1, NULL))
		return json_string(text);
	return text ? json_string(escaped) : json_null();
}

static json_t *steps_json(const GPtrArray *steps)
{
	json_t *list = json_array();

	for (guint i = 0; i < steps->len; i++) {
		const PersistStep *step = steps->pdata[i];
		json_t *argv = json_array();

		for (char **word = step->argv; *word; word++)
			json_array_append_new(argv, text_json(*word));
		json_array_append_new(list, json_pack("{s:o, s:s}", "argv", argv, "why", step->why));
	}
	return list;
}

static json_t *strings_json(const GPtrArray *strings)
{
	json_t *list = json_array();

	for (guint i = 0; i < strings->len; i++)
		json_array_append_new(list, text_json(strings->pdata[i]));
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

char *persist_print_json(const PersistPlan *plan, gboolean written)
{
	json_t *files = json_array();

	for (guint i = 0; i < plan->files->len; i++) {
		const PersistFile *file = plan->files->pdata[i];

		json_array_append_new(
			files, json_pack("{s:o, s:s, s:i, s:o, s:o}", "path", text_json(file->path),
					 "state", persist_state_name(file->state), "mode",
					 (int)file->mode, "text", text_json(file->text), "why",
					 text_json(file->why)));
	}
	return dump(json_pack("{s:s, s:b, s:b, s:o, s:o, s:I, s:o, s:o, s:o}", "kind",
			      "tune-persist", "write", written, "done", persist_plan_is_done(plan),
			      "files", files, "cmdline", text_json(plan->cmdline), "cmdline_bytes",
			      (json_int_t)plan->cmdline_bytes, "steps", steps_json(plan->steps),
			      "conflicts", strings_json(plan->conflicts), "notes",
			      strings_json(plan->notes)));
}

char *unpersist_print_json(const Unpersist *unpersist, gboolean written)
{
	json_t *files = json_array();

	for (guint i = 0; i < unpersist->files->len; i++) {
		const Unpersisted *file = unpersist->files->pdata[i];

		json_array_append_new(files, json_pack("{s:o, s:s, s:o}", "path",
						       text_json(file->path), "state",
						       unpersist_state_name(file->state), "why",
						       text_json(file->why)));
	}
	return dump(json_pack("{s:s, s:b, s:o, s:o}", "kind", "tune-unpersist", "write", written,
			      "files", files, "steps", steps_json(unpersist->steps)));
}
