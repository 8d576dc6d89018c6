/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters of modules: modprobe.d, or the command line where a module is built in. */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "persist_private.h"
#include "want.h"

static void clear_module(gpointer data)
{
	PersistModule *module = data;

	g_free(module->module);
	g_free(module->parameter);
	g_free(module->value);
}

/* "sys/module/M/parameters/P", and nothing else. */
static gboolean split_path(const char *path, char **ret_module, char **ret_parameter)
{
	static const char prefix[] = "sys/module/", middle[] = "/parameters/";
	const char *rest = path ? path + strlen(prefix) : NULL;
	const char *at;

	if (!path || !g_str_has_prefix(path, prefix) || !(at = strstr(rest, middle)) ||
	    strpbrk(path, "{*"))
		return FALSE;
	*ret_module = g_strndup(rest, (gsize)(at - rest));
	*ret_parameter = g_strdup(at + strlen(middle));
	return TRUE;
}

/* Spelt so that every kernel reads it as that: a switch may be an integer in older ones.
 */
static const char *wanted_value(const Knob *knob)
{
	if (knob->want == want_switch)
		return strcmp(knob->text, "on") == 0 ? "1" : "0";
	return knob->want == want_text ? knob->text : NULL;
}

GArray *persist_modules(KnobView *view)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(PersistModule));

	g_array_set_clear_func(list, clear_module);
	KNOB_FOREACH(layer, knob)
	{
		g_autofree char *module = NULL, *parameter = NULL, *proof = NULL;
		const char *value = wanted_value(knob);
		PersistModule row;

		if (!(knob->scopes & knob_view_scope(view)) ||
		    knob->place != PLACE_FILE || knob->when == WHEN_NEVER ||
		    knob->severity < SEVERITY_MEDIUM || !value || knob->opinions ||
		    !split_path(knob->path, &module, &parameter) ||
		    !knob_view_exists(view, knob->path) ||
		    (knob->applies && !knob->applies(knob, view, &proof)))
			continue;
		row = (PersistModule){g_steal_pointer(&module),
				      g_steal_pointer(&parameter), g_strdup(value),
				      knob->why};
		g_array_append_val(list, row);
	}
	return list;
}

/* A module that was loaded has a state; one that is part of the kernel has none, and
 * reads no modprobe.d. */
static gboolean is_builtin(const Root *root, const char *module)
{
	g_autofree char *directory = g_strconcat("sys/module/", module, NULL);
	g_autofree char *state = g_strconcat(directory, "/initstate", NULL);

	return root_exists(root, directory) && !root_exists(root, state);
}

void persist_divide_modules(PersistMaking *making)
{
	const GArray *modules = making->wish->modules;

	for (guint i = 0; modules && i < modules->len; i++) {
		const PersistModule *m = &g_array_index(modules, PersistModule, i);
		char *word;

		if (!is_builtin(making->root, m->module))
			continue;
		word = g_strdup_printf("%s.%s=%s", m->module, m->parameter, m->value);
		g_ptr_array_add(making->words, word);
	}
}

/* The words of one "options MODULE NAME=VALUE ..." of another file, against ours. */
static void examine_line(PersistMaking *making, const char *path, const char *line)
{
	g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);
	const GArray *modules = making->wish->modules;
	const char *module = NULL;
	guint seen = 0;

	for (char **word = words; *word; word++) {
		if (!**word)
			continue;
		seen++;
		if (seen == 1 && strcmp(*word, "options") != 0)
			return;
		if (seen == 2)
			module = *word;
		for (guint i = 0; seen > 2 && i < modules->len; i++) {
			const PersistModule *m =
				&g_array_index(modules, PersistModule, i);
			gsize length = strlen(m->parameter);

			if (strcmp(module, m->module) != 0 ||
			    strncmp(*word, m->parameter, length) != 0 ||
			    (*word)[length] != '=' ||
			    strcmp(*word + length + 1, m->value) == 0)
				continue;
			persist_add_line(
				making->plan->conflicts,
				"/%s gives %s %s against %s=%s: the last file wins", path,
				module, *word, m->parameter, m->value);
		}
	}
}

static void examine_others(PersistMaking *making)
{
	static const char *const patterns[] = {"etc/modprobe.d/*.conf",
					       "usr/lib/modprobe.d/*.conf"};

	for (gsize p = 0; p < G_N_ELEMENTS(patterns); p++) {
		g_autoptr(GPtrArray) paths = root_glob(making->root, patterns[p], NULL);

		for (guint i = 0; i < paths->len; i++) {
			int errnum = 0;
			g_autofree char *text = NULL;
			g_auto(GStrv) lines = NULL;

			if (strcmp(paths->pdata[i], PERSIST_MODPROBE) == 0)
				continue;
			text = persist_text(making->root, paths->pdata[i], &errnum);
			if (!text)
				persist_add_line(
					making->plan->conflicts,
					"/%s cannot be read (%s): it may give modules "
					"other parameters",
					(const char *)paths->pdata[i],
					g_strerror(errnum));
			lines = g_strsplit(text ? text : "", "\n", -1);
			for (char **line = lines; *line; line++)
				examine_line(making, paths->pdata[i], *line);
		}
	}
}

void persist_add_modprobe(PersistMaking *making)
{
	const GArray *modules = making->wish->modules;
	g_autoptr(GString) text =
		g_string_new("# Written by 'lathe tune persist'; 'lathe tune unpersist' "
			     "removes it again,\n"
			     "# unless it was edited. Read when a module is loaded.\n");
	guint lines = 0;

	for (guint i = 0; modules && i < modules->len; i++) {
		const PersistModule *m = &g_array_index(modules, PersistModule, i);

		if (is_builtin(making->root, m->module))
			continue;
		g_string_append_printf(text, "options %s %s=%s\n", m->module,
				       m->parameter, m->value);
		lines++;
	}
	if (lines == 0)
		return;
	examine_others(making);
	persist_add_file(making->plan, PERSIST_FILE, 0644, PERSIST_MODPROBE,
			 g_strdup(text->str), "module parameters, from the next load on");
}
