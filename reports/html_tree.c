/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "html_tree.h"

#include <stdarg.h>
#include <string.h>

#include "escape.h"

#define XML(text) ((const xmlChar *)(text))

xmlNode *html_add(xmlNode *parent, const char *element, const char *class)
{
	xmlNode *node = xmlNewChild(parent, NULL, XML(element), NULL);

	if (class)
		xmlNewProp(node, XML("class"), XML(class));
	return node;
}

void html_text(xmlNode *parent, const char *text)
{
	g_autofree char *safe = escape_text(text ? text : "unknown", -1);

	xmlAddChild(parent, xmlNewText(XML(safe)));
}

xmlNode *html_say(xmlNode *parent, const char *element, const char *class, const char *text)
{
	xmlNode *node = html_add(parent, element, class);

	html_text(node, text);
	return node;
}

xmlNode *html_sayf(xmlNode *parent, const char *element, const char *class,
		   const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	return html_say(parent, element, class, text);
}

void html_words(xmlNode *parent, char *const *words)
{
	if (!words || !*words)
		html_text(parent, "none");
	for (char *const *word = words; word && *word; word++) {
		if (word != words)
			html_text(parent, " ");
		html_say(parent, "span", "word", *word);
	}
}

xmlNode *html_section(xmlNode *parent, const char *id, const char *title)
{
	xmlNode *section = html_add(parent, "section", NULL);

	if (id)
		xmlNewProp(section, XML("id"), XML(id));
	html_say(section, "h2", NULL, title);
	return section;
}

HtmlTable html_table(xmlNode *parent, const char *align, ...)
{
	xmlNode *box = html_add(parent, "div", "scroll");
	xmlNode *table = html_add(box, "table", NULL);
	xmlNode *head = html_add(html_add(table, "thead", NULL), "tr", NULL);
	HtmlTable ret = {.align = align};
	va_list heads;

	/* A box that scrolls must be reachable without a mouse. */
	xmlNewProp(box, XML("tabindex"), XML("0"));
	va_start(heads, align);
	for (const char *at = align; *at; at++) {
		xmlNode *cell = html_say(head, "th", *at == 'r' ? "n" : NULL,
					 va_arg(heads, const char *));

		xmlNewProp(cell, XML("scope"), XML("col"));
	}
	va_end(heads);
	ret.body = html_add(table, "tbody", NULL);
	return ret;
}

xmlNode *html_cell(HtmlTable *table, const char *text)
{
	gboolean number = table->align[table->column] == 'r';

	if (table->column == 0)
		table->row = html_add(table->body, "tr", NULL);
	table->column = (table->column + 1) % (guint)strlen(table->align);
	return html_say(table->row, "td", number ? "n" : NULL, text);
}

xmlNode *html_cellf(HtmlTable *table, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	return html_cell(table, text);
}

xmlNode *html_mark(HtmlTable *table, gboolean good, const char *text)
{
	xmlNode *cell = html_cell(table, text);

	xmlSetProp(cell, XML("class"), XML(good ? "good" : "bad"));
	return cell;
}

xmlNode *html_facts(xmlNode *parent)
{
	return html_add(parent, "dl", NULL);
}

void html_fact(xmlNode *facts, const char *name, const char *value)
{
	html_say(facts, "dt", NULL, name);
	html_say(facts, "dd", NULL, value);
}

void html_factf(xmlNode *facts, const char *name, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	html_fact(facts, name, text);
}
