/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page as a libxml2 tree. Text enters through html_text() and the cells only, where it is
 * escaped (escape_text) and becomes a text node: markup in it stays text. Element, class and
 * attribute names are the program's own.
 */
#ifndef LATHE_HTML_TREE_H
#define LATHE_HTML_TREE_H

#include <glib.h>
#include <libxml/tree.h>

/* A new child element; class may be NULL. */
xmlNode *html_add(xmlNode *parent, const char *element, const char *class);
void html_text(xmlNode *parent, const char *text);
/* An element that holds text. NULL is "unknown". */
xmlNode *html_say(xmlNode *parent, const char *element, const char *class, const char *text);
xmlNode *html_sayf(xmlNode *parent, const char *element, const char *class,
		   const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Words with blanks between, each kept whole: a browser breaks lines within "--json" otherwise.
 * "none" for an empty list. */
void html_words(xmlNode *parent, char *const *words);

/* A section with a heading; id is its anchor. */
xmlNode *html_section(xmlNode *parent, const char *id, const char *title);

/* A table in a box of its own that scrolls. A letter per column, 'l' or 'r' (numbers), and
 * the heads, one a column. */
typedef struct {
	xmlNode *body, *row;
	const char *align;
	guint column;
} HtmlTable;

HtmlTable html_table(xmlNode *parent, const char *align, ...);
/* The next cell, filling row by row. NULL is "unknown". */
xmlNode *html_cell(HtmlTable *table, const char *text);
xmlNode *html_cellf(HtmlTable *table, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* A cell that says how it stands: "good" or "bad" (in colour and in words). */
xmlNode *html_mark(HtmlTable *table, gboolean good, const char *text);

/* Names and values. */
xmlNode *html_facts(xmlNode *parent);
void html_fact(xmlNode *facts, const char *name, const char *value);
void html_factf(xmlNode *facts, const char *name, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

#endif
