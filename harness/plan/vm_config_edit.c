/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VM's keys into the text of a config, whose other bytes stay. */
#include <string.h>

#include "ini.h"
#include "number.h"
#include "vm_config.h"

/* What the lines of a value but its first begin with. */
#define CONTINUED "    "

/* A line of the old text, and what becomes of it. */
typedef struct {
	Span all;	/* with its end */
	char *instead;	/* without the end; NULL: as it is */
	gboolean dropped;
	char *behind;	/* whole lines; NULL: none */
} Line;

static void line_clear(gpointer data)
{
	Line *line = data;

	g_free(line->instead);
	g_free(line->behind);
}

static const char *end_of(Span line)
{
	if (line.end == line.at || line.end[-1] != '\n')
		return "";
	return line.end - line.at > 1 && line.end[-2] == '\r' ? "\r\n" : "\n";
}

static Span without_end(Span line)
{
	line.end -= strlen(end_of(line));
	return line;
}

/* lines[0] is none: they are numbered from 1, as errors do. */
static GArray *split(const char *text)
{
	GArray *lines = g_array_new(FALSE, TRUE, sizeof(Line));
	Span rest = span_of(text);
	Line line = {.dropped = TRUE};
	Span taken;

	g_array_set_clear_func(lines, line_clear);
	g_array_append_val(lines, line);
	line.dropped = FALSE;
	while (rest.at < rest.end) {
		line.all.at = rest.at;
		if (!span_take_line(&rest, &taken))
			break;
		line.all.end = rest.at;
		g_array_append_val(lines, line);
	}
	return lines;
}

static Line *line_at(const GArray *lines, guint number)
{
	return &g_array_index(lines, Line, number);
}

/* The text's own; a new text has newlines. */
static const char *line_end_of(const GArray *lines)
{
	const char *end = lines->len > 1 ? end_of(line_at(lines, 1)->all) : "";

	return *end ? end : "\n";
}

static char *join(const GArray *lines, const char *end)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < lines->len; i++) {
		const Line *line = line_at(lines, i);

		if (line->instead)
			g_string_append_printf(text, "%s%s", line->instead, end_of(line->all));
		else if (!line->dropped)
			g_string_append_len(text, line->all.at, line->all.end - line->all.at);
		if (!line->behind)
			continue;
		if (text->len > 0 && text->str[text->len - 1] != '\n')
			g_string_append(text, end);
		g_string_append(text, line->behind);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* A value as the lines of a file: those behind the first are indented more than their key. */
static void append_value(GString *to, const char *value, Span indent, const char *end)
{
	g_auto(GStrv) parts = g_strsplit(value, "\n", -1);

	for (guint i = 0; parts[i]; i++) {
		if (i > 0)
			g_string_append(to, end);
		if (i > 0 && *parts[i]) {
			g_string_append_len(to, indent.at, indent.end - indent.at);
			g_string_append(to, CONTINUED);
		}
		g_string_append(to, parts[i]);
	}
}

static Span indent_of(Span line)
{
	Span indent = {line.at, line.at};

	while (indent.end < line.end && (*indent.end == ' ' || *indent.end == '\t'))
		indent.end++;
	return indent;
}

/* The key's line with another value: its indentation and the blanks around '=' stay. */
static char *with_value(Span line, const char *value, const char *end)
{
	g_autoptr(GString) text = g_string_new(NULL);
	Span head = line;

	line = without_end(line);
	for (head.end = line.at; *head.end != '=' && *head.end != ':'; head.end++)
		continue;
	g_string_append_len(text, line.at, head.end + 1 - line.at);
	if (!*value)
		return g_string_free(g_steal_pointer(&text), FALSE);
	line.at = head.end + 1;
	if (line.at < line.end && strchr(" \t", *line.at))
		g_string_append_len(text, line.at,
				    indent_of(line).end - line.at);
	else if (head.end > head.at && strchr(" \t", head.end[-1]))
		g_string_append_c(text, ' ');
	append_value(text, value, indent_of(head), end);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean is_comment(Span line)
{
	span_skip_blanks(&line);
	return line.at < line.end && strchr("#;", *line.at);
}

static void replace(GArray *lines, const IniEntry *entry, const char *value, const char *end)
{
	Line *line = line_at(lines, entry->line);

	line->instead = with_value(line->all, value, end);
	for (guint i = entry->line + 1; i <= entry->last_line; i++)
		line_at(lines, i)->dropped = !is_comment(line_at(lines, i)->all);
}

static void append_key(GString *to, VmKey key, const VmConfig *vm, Span indent,
		       const char *end)
{
	g_autofree char *value = vm_keys[key].format(vm);

	g_string_append_len(to, indent.at, indent.end - indent.at);
	g_string_append_printf(to, "%s =%s", vm_keys[key].name, *value ? " " : "");
	append_value(to, value, indent, end);
	g_string_append(to, end);
}

/* Whether the text's line already says what vm does. What `auto` stands for is asked with the
 * other keys as they will be. */
static gboolean is_same(const VmConfig *before, const VmConfig *vm, VmKey key)
{
	VmConfig now = *before;

	now.rt = key == VM_KEY_RT ? before->rt : vm->rt;
	now.nr_vcpus = key == VM_KEY_NR_VCPUS ? before->nr_vcpus : vm->nr_vcpus;
	return vm_config_same(&now, vm, key);
}

static void edit_section(GArray *lines, const IniSection *section, const VmConfig *before,
			 const VmConfig *vm)
{
	const char *end = line_end_of(lines);
	g_autoptr(GString) added = g_string_new(NULL);
	const IniEntry *last = NULL;
	guint line = section->line;
	Span indent = {"", ""};

	for (guint i = 0; i < section->entries->len; i++) {
		const IniEntry *entry = last = &g_array_index(section->entries, IniEntry, i);
		VmKey key = vm_key_find(entry->key);
		g_autofree char *value = vm_keys[key].format(vm);

		if (!is_same(before, vm, key))
			replace(lines, entry, value, end);
	}
	indent.end = indent.at;
	if (last) {
		line = last->last_line;
		indent = indent_of(line_at(lines, last->line)->all);
	}
	for (VmKey key = 0; key < VM_KEYS; key++)
		if (vm_config_given(vm, key) && !ini_entry(section, vm_keys[key].name) &&
		    !is_same(before, vm, key))
			append_key(added, key, vm, indent, end);
	if (added->len > 0)
		line_at(lines, line)->behind = g_string_free(g_steal_pointer(&added), FALSE);
}

static const IniSection *find_section(const Ini *ini, const char *uuid)
{
	for (guint i = 0; i < ini->sections->len; i++) {
		const IniSection *section = ini->sections->pdata[i];

		if (g_ascii_strcasecmp(section->name, uuid) == 0)
			return section;
	}
	return NULL;
}

static void append_section(GString *to, const VmConfig *vm, const char *end)
{
	g_string_append_printf(to, "[%s]%s", vm->uuid, end);
	for (VmKey key = 0; key < VM_KEYS; key++)
		if (!vm_keys[key].ours || vm_config_given(vm, key))
			append_key(to, key, vm, span_of(""), end);
}

char *vm_config_format(const VmConfig *vm)
{
	g_autoptr(GString) text = g_string_new(NULL);

	append_section(text, vm, "\n");
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* A blank line stands before a section that is not the first. */
static void add_section(GArray *lines, const VmConfig *vm)
{
	const char *end = line_end_of(lines);
	Line *last = line_at(lines, lines->len - 1);
	Span text = without_end(last->all);
	g_autoptr(GString) added = g_string_new(NULL);

	span_skip_blanks(&text);
	if (lines->len > 1 && text.at < text.end)
		g_string_append(added, end);
	append_section(added, vm, end);
	last->behind = g_string_free(g_steal_pointer(&added), FALSE);
}

char *vm_configs_edit(const char *text, const VmConfig *vm)
{
	g_autoptr(VmConfigs) configs = vm_configs_parse(text, strlen(text), "", NULL);
	g_autoptr(Ini) ini = ini_parse_as(INI_CONFIGPARSER, text, strlen(text), "", NULL);
	g_autoptr(GArray) lines = split(text);
	const IniSection *section;

	if (!configs || !ini)
		return NULL;
	section = find_section(ini, vm->uuid);
	if (section)
		edit_section(lines, section, vm_configs_find(configs, vm->uuid), vm);
	else
		add_section(lines, vm);
	return join(lines, line_end_of(lines));
}

char *vm_configs_remove(const char *text, const char *uuid)
{
	g_autoptr(Ini) ini = ini_parse_as(INI_CONFIGPARSER, text, strlen(text), "", NULL);
	const IniSection *section = ini ? find_section(ini, uuid) : NULL;
	g_autoptr(GArray) lines = split(text);
	guint last;

	if (!section)
		return g_strdup(text);
	last = section->line;
	if (section->entries->len > 0)
		last = g_array_index(section->entries, IniEntry, section->entries->len - 1)
			       .last_line;
	for (guint i = section->line; i <= last; i++)
		line_at(lines, i)->dropped = TRUE;
	/* The blank line that kept it from the next one. */
	if (last + 1 < lines->len) {
		Span next = without_end(line_at(lines, last + 1)->all);

		span_skip_blanks(&next);
		line_at(lines, last + 1)->dropped = next.at == next.end;
	}
	return join(lines, line_end_of(lines));
}
