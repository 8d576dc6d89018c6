/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <libxml/HTMLparser.h>
#include <string.h>

#include "bundle_fixture.h"
#include "report.h"
#include "run_fields.h"
#include "verdict.h"

#define HOSTILE                                                                              \
	"<script>alert(1)</script>]]>\033[2J`touch PWNED`\"'onload=\xff\xfe&lt;&#60;<img src=x " \
	"onerror=alert(2)>\xe2\x80\xae-->"
/* The same as a reader sees it. */
#define HARMLESS                                                                             \
	"<script>alert(1)</script>]]>\\x1b[2J`touch PWNED`\"'onload=\\xff\\xfe&lt;&#60;<img " \
	"src=x onerror=alert(2)>\\u202e-->"

static char **hostile_words(void)
{
	return g_strsplit(HOSTILE "\n" HOSTILE, "\n", -1);
}

/* Every string of run.json, by the rows that own its format. */
static void make_hostile(const ObjectType *type, gpointer object)
{
	for (const Field *f = type->fields; f->key; f++) {
		char *nested = (char *)object + f->offset;
		gpointer element;

		switch (f->kind) {
		case FIELD_NAME:
		case FIELD_TEXT:
		case FIELD_KNOWN:
			g_free(FIELD_MEMBER(char *, object, f));
			FIELD_MEMBER(char *, object, f) = g_strdup(HOSTILE);
			break;
		case FIELD_TEXTS:
			run_note(FIELD_MEMBER(GPtrArray *, object, f), "%s", HOSTILE);
			break;
		case FIELD_ARGV:
			g_strfreev(FIELD_MEMBER(char **, object, f));
			FIELD_MEMBER(char **, object, f) = hostile_words();
			break;
		case FIELD_OBJECT:
			make_hostile(f->type, nested);
			break;
		case FIELD_OBJECTS:
			element = run_object_new(f->type);
			make_hostile(f->type, element);
			g_ptr_array_add(FIELD_MEMBER(GPtrArray *, object, f), element);
			break;
		case FIELD_VALUES:
			element = run_object_new(f->type);
			g_array_append_vals(FIELD_MEMBER(GArray *, object, f), element, 1);
			g_free(element);
			break;
		default:
			break;
		}
	}
}

static char *page_of(const char *directory, const Run *run)
{
	g_autoptr(GError) error = NULL;
	char *page = report_find("html")->write(directory, run, FALSE, &error);

	if (!page)
		fail_msg("%s", error->message);
	assert_true(g_utf8_validate(page, -1, NULL));
	for (const char *p = page; *p; p++)
		assert_true((guchar)*p >= ' ' || *p == '\n');
	return page;
}

static htmlDocPtr parse(const char *page)
{
	htmlDocPtr doc = htmlReadMemory(page, (int)strlen(page), NULL, "UTF-8",
					HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
						HTML_PARSE_NONET);

	assert_non_null(doc);
	return doc;
}

static const char *const allowed_elements[] = {
	"html", "head", "meta", "title", "style", "body", "header",  "main",	"footer", "section",
	"div",	"p",	"h1",	"h2",	 "h3",	  "ul",	  "li",	     "b",	"span",	  "table",
	"thead", "tbody", "tr", "th",	 "td",	  "dl",	  "dt",	     "dd",	"code",	  "figure",
	"img",	"details", "summary", NULL,
};
static const char *const allowed_attributes[] = {
	"lang", "class", "id", "scope", "tabindex", "alt", "src", "http-equiv", "content", "name",
	"charset", NULL,
};

static void check_harmless(const xmlNode *node)
{
	for (; node; node = node->next) {
		if (node->type == XML_ELEMENT_NODE &&
		    !g_strv_contains(allowed_elements, (const char *)node->name))
			fail_msg("an element '%s'", (const char *)node->name);
		for (const xmlAttr *a = node->type == XML_ELEMENT_NODE ? node->properties : NULL;
		     a; a = a->next) {
			const char *name = (const char *)a->name;
			const char *value = a->children ? (const char *)a->children->content : "";

			if (!g_strv_contains(allowed_attributes, name))
				fail_msg("an attribute '%s'", name);
			if (strcmp(name, "src") == 0)
				assert_true(g_str_has_prefix(value,
							     "data:image/svg+xml;base64,"));
		}
		if (node->type == XML_ELEMENT_NODE)
			check_harmless(node->children);
	}
}

static guint occurrences(const char *text, const char *what)
{
	guint n = 0;

	for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

static void test_hostile_text_stays_text(void **state)
{
	g_autoptr(Run) run = run_new();
	char *directory = tree_new();
	g_autofree char *page = NULL;
	htmlDocPtr doc;
	xmlChar *text;

	(void)state;
	make_hostile(&run_type, run);
	page = page_of(directory, run);
	doc = parse(page);
	check_harmless(xmlDocGetRootElement(doc));
	text = xmlNodeGetContent(xmlDocGetRootElement(doc));
	/* As often as strings are shown: most of some sixty. */
	assert_true(occurrences((const char *)text, HARMLESS) > 50);
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "<img src=x"));
	xmlFree(text);
	xmlFreeDoc(doc);
	tree_free(directory);
}

/* What is in force and what is not are told apart, with the reason beside it. */
static void test_tuning(void **state)
{
	char *directory = tree_new();
	g_autoptr(Run) run = run_new();
	RunTuned *made = run_tuning_add(&run->tuning, "irq.affinity");
	RunTuned *fixed = run_tuning_add(&run->tuning, "cpu.siblings");
	g_autofree char *unknown = page_of(directory, run);
	g_autofree char *page = NULL;

	(void)state;
	assert_non_null(strstr(unknown, "not known: this run says nothing of it"));
	assert_null(strstr(unknown, "irq.affinity"));
	run->tuning.how = g_strdup("run");
	run->tuning.cpus = g_strdup("5-7");
	run->tuning.put_back = g_strdup("no");
	run_note(run->tuning.left, "irq.affinity: left %s", HOSTILE);
	made->place = g_strdup("proc/irq/33/smp_affinity_list");
	made->state = g_strdup("made");
	fixed->state = g_strdup("cannot change");
	fixed->why = g_strdup("CPU 0 cannot go offline " HOSTILE);
	page = page_of(directory, run);
	assert_non_null(strstr(page, "tuned for CPUs 5-7 by this run"));
	assert_non_null(strstr(page, "<summary>1 that were not in force</summary>"));
	assert_non_null(strstr(page, "<summary>1 that were in force</summary>"));
	assert_non_null(strstr(page, "<td class=\"good\">made</td>"));
	assert_non_null(strstr(page, "<td class=\"bad\">cannot change</td>"));
	assert_non_null(strstr(page, "CPU 0 cannot go offline"));
	assert_non_null(strstr(page, "<dd>NO</dd>"));
	assert_null(strstr(page, "<script"));
	tree_free(directory);
}

/* Nothing is fetched: no address but the name of the SVG namespace, which is in the plot. */
static void test_self_contained(void **state)
{
	Fixture *f = fixture_new();
	g_autofree char *page = NULL, *again = NULL;

	(void)state;
	fixture_findings(f);
	verdict_judge(f->directory, f->profile, f->run);
	page = page_of(f->directory, f->run);
	assert_null(strstr(page, "http:"));
	assert_null(strstr(page, "https:"));
	assert_null(strstr(page, "url("));
	assert_null(strstr(page, "@import"));
	assert_non_null(strstr(page, "default-src 'none'"));
	assert_non_null(strstr(page, ">PASS<"));
	assert_non_null(strstr(page, "Not a qualification: findings not judged."));
	again = page_of(f->directory, f->run);
	assert_string_equal(page, again);
	fixture_free(f);
}

typedef struct {
	const char *name, *svg;
	const char *says; /* NULL: it is shown */
} SvgRow;

#define SVG "<svg xmlns=\"http://www.w3.org/2000/svg\" "
static const SvgRow svg_rows[] = {
	{"plain", SVG "width=\"10\" height=\"10\"><rect/></svg>", NULL},
	{"a script in it cannot run in an image",
	 SVG "onload=\"alert(1)\"><script>alert(1)</script></svg>", NULL},
	{"none", NULL, "The bundle has no plot"},
	{"empty", "", "it is empty"},
	{"cut", SVG "><rect", "it is not well-formed XML"},
	{"page", "<html><script>alert(1)</script></html>", "it is not SVG"},
	{"no namespace", "<svg/>", "it is not SVG"},
	{"entities", "<!DOCTYPE svg [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>" SVG ">&b;</svg>",
	 "it declares a document type"},
};

static void test_plots(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(svg_rows); i++) {
		const SvgRow *row = &svg_rows[i];
		Fixture *f = fixture_new();
		g_autofree char *page = NULL;
		htmlDocPtr doc;

		if (row->svg)
			fixture_write(f, "histogram-loaded.svg", row->svg);
		page = page_of(f->directory, f->run);
		doc = parse(page);
		check_harmless(xmlDocGetRootElement(doc));
		if (!!strstr(page, "src=\"data:image/svg+xml;base64,") != !row->says)
			fail_msg("%s: shown or not, against what was wanted", row->name);
		if (row->says && !strstr(page, row->says))
			fail_msg("%s: the page does not say '%s'", row->name, row->says);
		assert_null(strstr(page, "<script"));
		xmlFreeDoc(doc);
		fixture_free(f);
	}
}

/* What the page must say, wherever it says it. */
static void test_content(void **state)
{
	static const char *const wanted[] = {
		"INCONCLUSIVE", "Not a qualification: findings not judged, demonstration plan.", "Reasons",
		"Limits against values", "CPU 6", "vCPU 1 (real-time, FIFO 80)",
		"housekeeping, loads", "Loads on the host, and their proof", "SCHED_FIFO",
		"Threads of the VM", "6.1.0-rt-amd64", "Versions", "What this run proves",
		"raw/loaded/cyclictest.json", "SHA-256", "Findings", "cpu.isolated",
		"domain.memory_locked",
	};
	Fixture *f = fixture_new();
	g_autofree char *page = NULL;

	(void)state;
	fixture_vm(f)->plan.demonstration = TRUE;
	fixture_findings(f);
	verdict_judge(f->directory, f->profile, f->run);
	page = page_of(f->directory, f->run);
	for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++)
		if (!strstr(page, wanted[i]))
			fail_msg("the page does not say '%s'", wanted[i]);
	/* The answer comes first, and why. */
	assert_true(strstr(page, ">INCONCLUSIVE<") < strstr(page, ">Reasons<"));
	assert_true(strstr(page, ">Reasons<") < strstr(page, "Limits against values"));
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_text_stays_text),
		cmocka_unit_test(test_tuning),
		cmocka_unit_test(test_self_contained),
		cmocka_unit_test(test_plots),
		cmocka_unit_test(test_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
