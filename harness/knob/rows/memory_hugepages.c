/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Huge pages: how many, of which size, where. */
#include "memory_judge.h"

#include <errno.h>
#include <string.h>

#include "judge.h"
#include "kernel_cmdline.h"
#include "number.h"
#include "place.h"
#include "planned.h"
#include "view.h"

#define POOLS  "sys/kernel/mm/hugepages/hugepages-*/nr_hugepages"
#define MOUNTS "proc/self/mounts"

const char *const memory_reads_hugepages[] = {POOLS, NULL};
const char *const memory_reads_effective[] = {POOLS, "proc/cmdline", "proc/meminfo",
					      NULL};
const char *const memory_reads_nodes[] = {
	PLANNED_NODES, "sys/devices/system/node/node*/hugepages/hugepages-*/nr_hugepages",
	NULL};
const char *const memory_reads_free[] = {
	PLANNED_NODES,
	"sys/devices/system/node/node*/hugepages/hugepages-*/free_hugepages", NULL};
const char *const memory_reads_mounts[] = {MOUNTS, NULL};

/* The sum of the numbers in all files that match; FALSE when it was concluded that one
 * holds none, or that there is no file. */
static gboolean sum_files(const Knob *knob, KnobView *view, Finding *finding,
			  const char *pattern, guint64 *ret)
{
	const GPtrArray *paths = knob_view_glob(view, pattern);
	int unlisted = knob_view_glob_errno(view, pattern);
	guint64 sum = 0;

	if (unlisted) {
		knob_conclude_errno(knob, view, finding, pattern, unlisted);
		return FALSE;
	}
	for (guint i = 0; i < paths->len; i++) {
		int errnum = 0;
		gint64 value;

		if (!knob_view_number(view, paths->pdata[i], 0, G_MAXINT32, &value,
				      &errnum)) {
			knob_conclude(knob, finding, MATCH_ODD, "%s: %s",
				      (char *)paths->pdata[i],
				      errnum == ERANGE ? "not a number of pages"
						       : knob_view_strerror(view, errnum));
			return FALSE;
		}
		if (value > 0)
			finding_add_evidence(finding, g_strdup(paths->pdata[i]),
					     g_strdup_printf("%" G_GINT64_FORMAT, value),
					     NULL);
		sum += (guint64)value;
	}
	*ret = sum;
	return TRUE;
}

void memory_judge_hugepages(const Knob *knob, KnobView *view, Finding *finding)
{
	guint64 sum = 0;

	if (!sum_files(knob, view, finding, POOLS, &sum))
		return;
	if (sum == 0)
		finding_add_evidence(finding, g_strdup(POOLS), g_strdup("0"),
				     g_strdup("at least 1"));
	knob_conclude(knob, finding, sum > 0 ? MATCH_HOLDS : MATCH_BROKEN, "%s",
		      sum > 0 ? "" : "no huge page is set aside");
}

/* "1G", "2M", "1048576K" or bytes: lib/cmdline.c, memparse(). In KiB; 0: no size. */
static guint64 parse_size_kib(const char *text)
{
	Span span = span_of(text);
	guint64 value;
	guint shift = 0;

	if (!span_take_number(&span, G_MAXUINT32, &value))
		return 0;
	if (span.at < span.end) {
		const char *suffix = strchr("kKmMgG", *span.at);

		if (!suffix || span.at + 1 != span.end)
			return 0;
		shift = strchr("kK", *span.at) ? 10 : strchr("mM", *span.at) ? 20 : 30;
	}
	return (value << shift) >> 10;
}

gboolean memory_parse_pages(const char *text, guint64 *ret)
{
	Span span = span_of(text);
	guint64 sum = 0;

	for (;;) {
		guint64 value;

		if (!span_take_number(&span, G_MAXUINT32, &value))
			return FALSE;
		if (span_take_literal(&span, ":") &&
		    !span_take_number(&span, G_MAXUINT32, &value))
			return FALSE;
		sum += value;
		if (span.at == span.end)
			break;
		if (!span_take_literal(&span, ","))
			return FALSE;
	}
	*ret = sum;
	return TRUE;
}

/* The size that "hugepages=" means when no hugepagesz= stands before it. */
static guint64 default_size_kib(KnobView *view, const KernelCmdline *cmdline)
{
	const char *given = kernel_cmdline_last(cmdline, "default_hugepagesz");
	const char *meminfo = given ? NULL : knob_view_read(view, "proc/meminfo", NULL);
	const char *line = meminfo ? strstr(meminfo, "\nHugepagesize:") : NULL;
	Span span;
	guint64 size = 0;

	if (given)
		return parse_size_kib(given);
	if (!line)
		return 0;
	span = span_of(line + strlen("\nHugepagesize:"));
	span_skip_blanks(&span);
	return span_take_number(&span, G_MAXUINT32, &size) ? size : 0;
}

static void compare_pool(KnobView *view, Tally *tally, guint64 size_kib,
			 const char *value)
{
	g_autofree char *path = g_strdup_printf(
		"sys/kernel/mm/hugepages/hugepages-%" G_GUINT64_FORMAT "kB/nr_hugepages",
		size_kib);
	g_autofree char *seen = NULL;
	g_autofree char *wanted = NULL;
	guint64 asked;
	gint64 got;
	int errnum = 0;

	if (size_kib == 0 || !memory_parse_pages(value, &asked)) {
		tally_match(tally, MATCH_ODD, "proc/cmdline", value, -1, NULL,
			    "no number of pages of a known size");
		return;
	}
	wanted = g_strdup_printf("at least %" G_GUINT64_FORMAT, asked);
	if (!knob_view_number(view, path, 0, G_MAXINT32, &got, &errnum)) {
		/* The kernel ignores a size that the CPU does not know. */
		tally_match(tally,
			    errnum == ENOENT && knob_view_complete(view) ? MATCH_BROKEN
									 : MATCH_ODD,
			    path, NULL, -1, wanted, knob_view_strerror(view, errnum));
		return;
	}
	seen = g_strdup_printf("%" G_GINT64_FORMAT, got);
	tally_match(tally, (guint64)got >= asked ? MATCH_HOLDS : MATCH_BROKEN, path, seen,
		    -1, wanted, NULL);
}

void memory_judge_hugepages_effective(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);
	g_autoptr(Tally) tally = NULL;
	guint64 size_kib = 0;

	if (!cmdline) {
		knob_conclude(knob, finding, MATCH_ODD, "proc/cmdline: %s",
			      knob_view_strerror(view, errnum));
		return;
	}
	if (kernel_cmdline_count(cmdline, "hugepages") == 0) {
		knob_conclude(knob, finding, MATCH_IRRELEVANT,
			      "the kernel command line asks for no huge pages");
		return;
	}
	tally = tally_new(knob, view);
	size_kib = default_size_kib(view, cmdline);
	for (guint i = 0; i < kernel_cmdline_size(cmdline); i++) {
		const KernelParameter *parameter = kernel_cmdline_at(cmdline, i);

		if (strcmp(parameter->name, "hugepagesz") == 0)
			size_kib = parameter->value ? parse_size_kib(parameter->value)
						    : 0;
		else if (strcmp(parameter->name, "hugepages") == 0)
			compare_pool(view, tally, size_kib,
				     parameter->value ? parameter->value : "");
	}
	tally_finish(tally, finding);
}

static void judge_nodes(const Knob *knob, KnobView *view, Finding *finding,
			const char *file, const char *what)
{
	g_autoptr(GString) without = g_string_new(NULL);
	Cpuset nodes;

	if (!planned_nodes(knob, view, finding, &nodes))
		return;
	CPUSET_FOREACH (node, &nodes) {
		g_autofree char *pattern = g_strdup_printf(
			"sys/devices/system/node/node%d/hugepages/hugepages-*/%s", node,
			file);
		guint64 sum = 0;

		if (!sum_files(knob, view, finding, pattern, &sum))
			return;
		if (sum > 0)
			continue;
		finding_add_evidence(finding, g_strdup(pattern), g_strdup("0"),
				     g_strdup("at least 1"));
		g_string_append_printf(without, "%s%d", without->len ? ", " : "", node);
	}
	if (without->len)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "on node %s, where planned CPUs are, %s", without->str, what);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

void memory_judge_hugepages_nodes(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_nodes(knob, view, finding, "nr_hugepages", "there is no huge page");
}

void memory_judge_hugepages_free(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_nodes(knob, view, finding, "free_hugepages", "there is no free huge page");
}

void memory_judge_hugetlbfs(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const char *text = knob_view_read(view, MOUNTS, &errnum);
	Span span, line;
	guint lines = 0;

	if (!text) {
		knob_conclude_errno(knob, view, finding, MOUNTS, errnum);
		return;
	}
	span = span_of(text);
	while (span_take_line(&span, &line)) {
		g_autofree char *copy = span_dup(line);
		g_auto(GStrv) fields = g_strsplit(copy, " ", 6);

		if (g_strv_length(fields) < 4) /* proc(5): six fields */
			continue;
		lines++;
		if (strcmp(fields[2], "hugetlbfs") != 0)
			continue;
		finding_add_evidence(finding, g_strdup(MOUNTS), g_strdup(fields[1]),
				     NULL);
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
		return;
	}
	if (lines == 0)
		knob_conclude(knob, finding, MATCH_ODD, MOUNTS " lists no file system");
	else
		knob_conclude(knob, finding, MATCH_BROKEN, "no hugetlbfs is mounted");
}
