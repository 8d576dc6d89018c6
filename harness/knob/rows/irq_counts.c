/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "escape.h"
#include "irq_judge.h"
#include "judge.h"
#include "planned.h"
#include "view.h"

#define PLACE "proc/interrupts"

/* What a person reads of a finding. */
#define SHOWN_MAX 12

typedef struct {
	const InterruptRow *row;
	guint64 total; /* on the CPUs that were asked about */
	Cpuset cpus;   /* of them, those that counted */
} Count;

/* NULL when the finding was concluded. */
static const Interrupts *table(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const Interrupts *interrupts = knob_view_interrupts(view, &errnum);

	if (!interrupts && errnum == EILSEQ)
		knob_conclude(knob, finding, MATCH_ODD, "%s is malformed", PLACE);
	else if (!interrupts)
		knob_conclude(knob, finding, MATCH_ODD, "%s: %s", PLACE,
			      knob_view_strerror(view, errnum));
	return interrupts;
}

/* only NULL: on every CPU. A single count for the whole machine counts as well then. */
static Count count_row(const Interrupts *interrupts, const InterruptRow *row,
		       const Cpuset *only)
{
	const guint *cpus;
	guint n = interrupts_columns(interrupts, &cpus);
	Count count = {.row = row};

	for (guint i = 0; i < row->n_counts; i++) {
		if (only && (row->n_counts != n || !cpuset_contains(only, cpus[i])))
			continue;
		count.total += row->counts[i];
		if (row->n_counts == n && row->counts[i] > 0)
			cpuset_add(&count.cpus, cpus[i]);
	}
	return count;
}

static char *label(const InterruptRow *row)
{
	g_autofree char *name = escape_text(row->name, -1);
	g_auto(GStrv) words = g_strsplit(row->description, " ", -1);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *escaped = NULL;

	/* The kernel aligns its columns with blanks. */
	for (char **word = words; *word; word++)
		if (**word)
			g_string_append_printf(text, "%s%s", text->len ? " " : "", *word);
	escaped = escape_text(text->str, (gssize)text->len);
	return g_strdup_printf("%s %s (%s)", PLACE, name, escaped);
}

static void show(Finding *finding, const Count *count, const char *wanted)
{
	g_autofree char *cpus = cpulist_format(&count->cpus);

	finding_add_evidence(finding, label(count->row),
			     *cpus ? g_strdup_printf("%" G_GUINT64_FORMAT " on CPUs %s",
						     count->total, cpus)
				   : g_strdup_printf("%" G_GUINT64_FORMAT, count->total),
			     g_strdup(wanted));
}

static int more_first(gconstpointer a, gconstpointer b)
{
	const Count *x = a, *y = b;

	return x->total < y->total ? 1 : x->total > y->total ? -1 : 0;
}

typedef gboolean (*Picks)(const InterruptRow *row);

/* The rows that `picks` takes and that counted on `only`, most first. */
static GArray *pick(const Interrupts *interrupts, Picks picks, const Cpuset *only,
		    gboolean zero_too)
{
	GArray *counts = g_array_new(FALSE, FALSE, sizeof(Count));

	for (guint i = 0; i < interrupts_size(interrupts); i++) {
		const InterruptRow *row = interrupts_at(interrupts, i);
		Count count;

		if (!picks(row))
			continue;
		count = count_row(interrupts, row, only);
		if (count.total > 0 || zero_too)
			g_array_append_val(counts, count);
	}
	g_array_sort(counts, more_first);
	return counts;
}

static void show_all(Finding *finding, const GArray *counts, const char *wanted)
{
	for (guint i = 0; i < counts->len && i < SHOWN_MAX; i++)
		show(finding, &g_array_index(counts, Count, i), wanted);
	if (counts->len > SHOWN_MAX)
		finding_add_evidence(
			finding, g_strdup(PLACE),
			g_strdup_printf("and %u more", counts->len - SHOWN_MAX), NULL);
}

static guint64 sum(const GArray *counts)
{
	guint64 total = 0;

	for (guint i = 0; i < counts->len; i++)
		total += g_array_index(counts, Count, i).total;
	return total;
}

/* At least one planned CPU has a column; else nothing can be said. */
static gboolean planned_counted(const Knob *knob, KnobView *view, Finding *finding,
				const Interrupts *interrupts)
{
	CPUSET_FOREACH (cpu, knob_view_planned(view))
		if (interrupts_column(interrupts, (guint)cpu) >= 0)
			return TRUE;
	knob_conclude(knob, finding, MATCH_ODD, "%s has no column of a planned CPU",
		      PLACE);
	return FALSE;
}

static gboolean is_device(const InterruptRow *row)
{
	return row->is_device;
}

/* What `picks` takes and planned CPUs counted, shown; NULL when the finding was concluded. */
static GArray *counted_on_planned(const Knob *knob, KnobView *view, Finding *finding, Picks picks)
{
	const Interrupts *interrupts;
	GArray *counts;

	if (planned_missing(knob, view, finding))
		return NULL;
	interrupts = table(knob, view, finding);
	if (!interrupts || !planned_counted(knob, view, finding, interrupts))
		return NULL;
	counts = pick(interrupts, picks, knob_view_planned(view), FALSE);
	show_all(finding, counts, "none on planned CPUs");
	return counts;
}

void irq_judge_devices(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(GArray) counts = counted_on_planned(knob, view, finding, is_device);

	if (counts && counts->len > 0)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "%" G_GUINT64_FORMAT
			      " interrupts of %u devices came to planned "
			      "CPUs since boot",
			      sum(counts), counts->len);
	else if (counts)
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

/* The kernel writes "first, second" for handlers that share a line. */
static gboolean is_shared(const InterruptRow *row)
{
	return row->is_device && strstr(row->description, ", ");
}

void irq_judge_shared(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(GArray) counts = counted_on_planned(knob, view, finding, is_shared);

	if (counts)
		knob_conclude(knob, finding, counts->len > 0 ? MATCH_BROKEN : MATCH_HOLDS, "%s",
			      counts->len > 0
				      ? "several handlers share an interrupt that came to "
					"planned CPUs"
				      : "");
}

/* One of the handlers has this name. */
static gboolean has_action(const InterruptRow *row, const char *const *names)
{
	g_auto(GStrv) words = g_strsplit_set(row->description, " ,", -1);

	for (char **word = words; *word; word++)
		if (g_strv_contains(names, *word))
			return TRUE;
	return FALSE;
}

/* The drivers of graphics that share the processor's memory controller and ring. */
static gboolean is_gpu(const InterruptRow *row)
{
	static const char *const drivers[] = {"i915", "xe", NULL};

	return row->is_device && has_action(row, drivers);
}

void irq_judge_gpu(const Knob *knob, KnobView *view, Finding *finding)
{
	const Interrupts *interrupts = table(knob, view, finding);
	g_autoptr(GArray) counts = NULL;

	if (!interrupts)
		return;
	counts = pick(interrupts, is_gpu, NULL, FALSE);
	show_all(finding, counts, "none");
	if (counts->len > 0)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "the processor's graphics interrupted %" G_GUINT64_FORMAT
			      " times since boot",
			      sum(counts));
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

static gboolean is_vfio(const InterruptRow *row)
{
	return row->is_device && strstr(row->description, "vfio-");
}

void irq_judge_vfio(const Knob *knob, KnobView *view, Finding *finding)
{
	const Interrupts *interrupts = table(knob, view, finding);
	g_autoptr(GArray) counts = NULL;

	if (!interrupts)
		return;
	counts = pick(interrupts, is_vfio, NULL, TRUE);
	show_all(finding, counts, NULL);
	if (counts->len > 0)
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else
		knob_conclude(knob, finding, MATCH_IRRELEVANT,
			      "no device is passed through: no vfio interrupt in %s",
			      PLACE);
}

/* The chips of remapped interrupts have names that begin so (intel/irq_remapping.c,
 * amd/iommu.c). */
static gboolean is_remapped(const InterruptRow *row)
{
	return row->is_device && (g_str_has_prefix(row->description, "IR-") ||
				  strstr(row->description, " IR-"));
}

void irq_judge_remapping(const Knob *knob, KnobView *view, Finding *finding)
{
	const Interrupts *interrupts = table(knob, view, finding);
	g_autoptr(GArray) counts = NULL;
	g_autoptr(GArray) devices = NULL;

	if (!interrupts)
		return;
	counts = pick(interrupts, is_remapped, NULL, TRUE);
	devices = pick(interrupts, is_device, NULL, TRUE);
	finding_add_evidence(finding, g_strdup(PLACE),
			     g_strdup_printf("%u of %u interrupts are remapped",
					     counts->len, devices->len),
			     NULL);
	if (devices->len == 0)
		knob_conclude(knob, finding, MATCH_ODD, "%s lists no device", PLACE);
	else if (counts->len > 0)
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else if (knob_view_glob_errno(view, "sys/class/iommu/*") == ENOENT &&
		 knob_view_complete(view))
		knob_conclude(knob, finding, MATCH_IRRELEVANT,
			      "no IOMMU is in use: sys/class/iommu is empty");
	else
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "no interrupt chip in %s begins with IR-", PLACE);
}

/* None of these rows counted; only NULL: anywhere. */
static void judge_zero(const Knob *knob, KnobView *view, Finding *finding,
		       const char *const *names, const Cpuset *only)
{
	const Interrupts *interrupts = table(knob, view, finding);
	guint found = 0;
	guint64 total = 0;

	if (!interrupts || (only && !planned_counted(knob, view, finding, interrupts)))
		return;
	for (; *names; names++) {
		const InterruptRow *row = interrupts_find(interrupts, *names);
		Count count;

		if (!row)
			continue;
		found++;
		count = count_row(interrupts, row, only);
		show(finding, &count, "0");
		total += count.total;
	}
	if (found == 0)
		knob_conclude(knob, finding, MATCH_IRRELEVANT,
			      "this kernel does not count them in %s", PLACE);
	else if (total > 0)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "%" G_GUINT64_FORMAT " were counted since boot", total);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

void irq_judge_nmi(const Knob *knob, KnobView *view, Finding *finding)
{
	/* On x86 what "PMI" counts came as NMIs, and is counted here as well. */
	static const char *const names[] = {"NMI", NULL};

	if (!planned_missing(knob, view, finding))
		judge_zero(knob, view, finding, names, knob_view_planned(view));
}

void irq_judge_machine_checks(const Knob *knob, KnobView *view, Finding *finding)
{
	static const char *const names[] = {"MCE", NULL};

	judge_zero(knob, view, finding, names, NULL);
}

void irq_judge_corrected(const Knob *knob, KnobView *view, Finding *finding)
{
	static const char *const names[] = {"THR", "DFR", NULL};

	judge_zero(knob, view, finding, names, NULL);
}

void irq_judge_thermal(const Knob *knob, KnobView *view, Finding *finding)
{
	static const char *const names[] = {"TRM", NULL};

	judge_zero(knob, view, finding, names, NULL);
}

void irq_judge_errors(const Knob *knob, KnobView *view, Finding *finding)
{
	static const char *const names[] = {"ERR", "MIS", NULL};

	judge_zero(knob, view, finding, names, NULL);
}
