/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "html.h"

#include "html_tree.h"
#include "tuning_words.h"

static guint count(const RunTuning *tuning, gboolean in_force)
{
	guint n = 0;

	for (guint i = 0; i < tuning->rows->len; i++)
		n += run_tuned_in_force(tuning->rows->pdata[i]) == in_force;
	return n;
}

static void add_row(HtmlTable *table, const RunTuned *row)
{
	xmlNode *cell = html_cell(table, "");

	xmlNewProp(cell, (const xmlChar *)"class", (const xmlChar *)"prose");
	html_say(cell, "p", NULL, row->row);
	if (row->place)
		html_say(cell, "p", "soft", row->place);
	if (row->why)
		html_say(cell, "p", NULL, row->why);
	html_cell(table, row->place ? row->was : "");
	html_cell(table, row->place ? row->then : "");
	html_cell(table, row->place ? row->now : "");
	html_mark(table, run_tuned_in_force(row), row->state);
	html_cell(table, row->put_back ? row->put_back : "-");
}

static void add_table(xmlNode *parent, const RunTuning *tuning, gboolean in_force)
{
	HtmlTable table = html_table(parent, "llllll", "row and place", "before", "to be set",
				     "measured with", "state", "after the run");

	for (guint i = 0; i < tuning->rows->len; i++)
		if (run_tuned_in_force(tuning->rows->pdata[i]) == in_force)
			add_row(&table, tuning->rows->pdata[i]);
}

static void add_rows(xmlNode *section, const RunTuning *tuning, gboolean in_force,
		     const char *what)
{
	guint n = count(tuning, in_force);
	xmlNode *details;

	if (n == 0)
		return;
	details = html_add(section, "details", NULL);
	html_sayf(details, "summary", NULL, "%u %s", n, what);
	add_table(details, tuning, in_force);
}

void html_tuning(xmlNode *main, const char *directory, const Run *run)
{
	const RunTuning *tuning = &run->tuning;
	xmlNode *section =
		html_section(main, "tuning", "Tuning: what lathe set on the host while it measured");
	g_autofree char *said = tuning_said(tuning);
	g_autofree char *in_force = tuning_in_force(tuning);
	g_autofree char *put_back = tuning_put_back(tuning);
	xmlNode *facts = html_facts(section);

	(void)directory;
	html_fact(facts, "Host", said);
	if (!tuning->how)
		return;
	html_fact(facts, "In force", in_force);
	html_fact(facts, "cpu_dma_latency",
		  tuning->cpu_dma_latency ? tuning->cpu_dma_latency : "not held");
	html_fact(facts, "Put back", put_back);
	html_list(section, NULL, tuning->left);
	add_rows(section, tuning, FALSE, "that were not in force");
	add_rows(section, tuning, TRUE, "that were in force");
}
