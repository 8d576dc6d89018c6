/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "escape.h"
#include "irq_judge.h"
#include "judge.h"
#include "kernel_cmdline.h"
#include "number.h"
#include "place.h"
#include "planned.h"
#include "set.h"
#include "view.h"

#define DEFAULT "proc/irq/default_smp_affinity"
#define DEBUG   "sys/kernel/debug/irq/irqs"

/* One walk over proc/irq for one row. */
typedef struct {
	const Knob *knob;
	KnobView *view;
	Tally *tally;
	const Cpuset *planned;
	char *wanted;
	const Interrupts *counts;   /* NULL: nobody can tell which IRQs are in use */
	guint columns[CPUSET_CPUS]; /* of the planned CPUs, n_columns of them */
	guint n_columns;
	guint n_irqs, n_broken;
} Walk;

static void walk_free(Walk *walk)
{
	tally_free(walk->tally);
	g_free(walk->wanted);
	g_free(walk);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Walk, walk_free)

static Walk *walk_new(const Knob *knob, KnobView *view)
{
	Walk *walk = g_new0(Walk, 1);
	g_autofree char *list = NULL;

	walk->knob = knob;
	walk->view = view;
	walk->planned = knob_view_planned(view);
	walk->tally = tally_new(knob, view);
	walk->counts = knob_view_interrupts(view, NULL);
	list = cpulist_format(walk->planned);
	walk->wanted = g_strdup_printf("CPUs other than %s", list);
	if (!walk->counts)
		return walk;
	CPUSET_FOREACH (cpu, walk->planned) {
		int column = interrupts_column(walk->counts, (guint)cpu);

		if (column >= 0)
			walk->columns[walk->n_columns++] = (guint)column;
	}
	return walk;
}

static gboolean is_number(const char *name)
{
	Span span = span_of(name);
	guint64 number;

	return span_take_number(&span, G_MAXUINT32, &number) && span.at == span.end;
}

/* The kernel lists what has a handler or ever fired; the rest are numbers that nobody
 * uses. */
static gboolean in_use(const Walk *walk, const char *irq)
{
	return !walk->counts || interrupts_find(walk->counts, irq);
}

static gboolean fired(const Walk *walk, const char *irq, gboolean planned_only)
{
	const InterruptRow *row = walk->counts ? interrupts_find(walk->counts, irq)
					       : NULL;
	guint n = planned_only ? walk->n_columns : row ? row->n_counts : 0;

	if (!walk->counts)
		return TRUE;
	for (guint i = 0; row && i < n; i++) {
		guint column = planned_only ? walk->columns[i] : i;

		if (column < row->n_counts && row->counts[column] > 0)
			return TRUE;
	}
	return FALSE;
}

/* "proc/irq/36/smp_affinity_list (PCI-MSIX 1-edge virtio1-req.0)" */
static char *place_of(const Walk *walk, const char *irq, const char *path)
{
	const InterruptRow *row = walk->counts ? interrupts_find(walk->counts, irq)
					       : NULL;
	const char *blank = row ? strrchr(row->description, ' ') : NULL;
	g_autofree char *device = NULL;

	if (!row || !*row->description)
		return g_strdup(path);
	device = escape_text(blank ? blank + 1 : row->description, -1);
	return g_strdup_printf("%s (%s)", path, device);
}

/* Reads one list of CPUs. FALSE when there is nothing to compare; the tally knows why. */
static gboolean read_cpus(Walk *walk, const char *irq, const char *file, char **ret_path,
			  const char **ret_text, Cpuset *ret)
{
	g_autofree char *path = g_strdup_printf("proc/irq/%s/%s", irq, file);
	g_autofree char *directory = g_strdup_printf("proc/irq/%s", irq);
	int errnum = 0;
	const char *text = knob_view_line(walk->view, path, &errnum);

	if (!text && errnum == ENOENT && !knob_view_exists(walk->view, directory))
		return FALSE; /* freed since the directory was listed */
	if (!text) {
		tally_errno(walk->tally, path, errnum, -1);
		return FALSE;
	}
	if (!cpulist_parse_kernel(text, CPUSET_CPUS, ret, NULL)) {
		tally_match(walk->tally, MATCH_ODD, path, text, -1, walk->wanted, NULL);
		return FALSE;
	}
	*ret_text = text;
	*ret_path = g_steal_pointer(&path);
	return TRUE;
}

/* "managed" is told by debugfs alone (kernel/irq/debugfs.c). */
static gboolean is_managed(KnobView *view, const char *irq)
{
	g_autofree char *path = g_strdup_printf(DEBUG "/%s", irq);
	const char *text = knob_view_read(view, path, NULL);

	return text && strstr(text, "IRQD_AFFINITY_MANAGED");
}

static void broken(Walk *walk, const char *place, const char *seen, const char *wanted,
		   const char *note)
{
	walk->n_broken++;
	tally_match(walk->tally, MATCH_BROKEN, place, seen, -1, wanted, note);
}

static void judge_one(Walk *walk, const char *irq, const char *file)
{
	g_autofree char *path = NULL;
	g_autofree char *place = NULL;
	const char *text;
	gboolean managed;
	Cpuset cpus;

	if (!read_cpus(walk, irq, file, &path, &text, &cpus))
		return;
	if (cpuset_count(&cpus) == 0) {
		/* Nothing was chosen for an interrupt that was never set up. */
		if (in_use(walk, irq) && fired(walk, irq, FALSE))
			tally_match(walk->tally, MATCH_ODD, path, "", -1, walk->wanted,
				    NULL);
		return;
	}
	if (!cpuset_intersects(&cpus, walk->planned)) {
		tally_match(walk->tally, MATCH_HOLDS, path, text, -1, walk->wanted, NULL);
		return;
	}
	if (!in_use(walk, irq))
		return;
	/* The legacy timer keeps the mask that it got at boot (IRQF_NOBALANCING,
	 * arch/x86/kernel/time.c): where it really goes is what counts. */
	if (strcmp(irq, "0") == 0 && strcmp(file, "smp_affinity_list") == 0)
		return;
	place = place_of(walk, irq, path);
	managed = is_managed(walk->view, irq);
	if (managed && !fired(walk, irq, TRUE))
		tally_match(walk->tally, MATCH_HOLDS, place, text, -1, walk->wanted,
			    "managed interrupts that never came there are left to "
			    "irq.managed");
	else
		broken(walk, place, text, walk->wanted,
		       managed ? "only its driver can move it" : NULL);
}

typedef void (*Each)(Walk *walk, const char *irq, const char *file);

static void walk_irqs(const Knob *knob, KnobView *view, Finding *finding, Each each,
		      const char *file)
{
	g_autoptr(Walk) walk = NULL;
	const GPtrArray *names;
	int errnum = 0;

	if (planned_missing(knob, view, finding))
		return;
	names = knob_view_list(view, "proc/irq", &errnum);
	if (!names) {
		knob_conclude_errno(knob, view, finding, "proc/irq", errnum);
		return;
	}
	walk = walk_new(knob, view);
	for (guint i = 0; i < names->len; i++)
		if (is_number(names->pdata[i])) {
			walk->n_irqs++;
			each(walk, names->pdata[i], file);
		}
	tally_finish(walk->tally, finding);
	if (walk->n_broken > 0 && finding->reason) {
		g_autofree char *reason = g_steal_pointer(&finding->reason);

		knob_conclude(knob, finding, MATCH_BROKEN, "%u of %u interrupts; %s",
			      walk->n_broken, walk->n_irqs, reason);
	}
}

void irq_judge_requested(const Knob *knob, KnobView *view, Finding *finding)
{
	walk_irqs(knob, view, finding, judge_one, "smp_affinity_list");
}

/* What the kernel refuses (an interrupt that belongs to one CPU) shows when it is tried. */
static void change_one(const Knob *knob, KnobView *view, const Interrupts *counts,
		       const char *irq, Changes *changes)
{
	g_autofree char *path = g_strdup_printf("proc/irq/%s/smp_affinity_list", irq);
	const char *now = knob_view_line(view, path, NULL);
	g_autofree char *then = NULL;
	Cpuset cpus;

	/* Of the legacy timer see judge_one(). */
	if (!now || strcmp(irq, "0") == 0 || (counts && !interrupts_find(counts, irq)) ||
	    !cpulist_parse_kernel(now, CPUSET_CPUS, &cpus, NULL) ||
	    !cpuset_intersects(&cpus, knob_view_planned(view)))
		return;
	if (is_managed(view, irq)) {
		changes_add_unchangeable(changes, knob,
					 "%s: managed: only its driver can move it", path);
		return;
	}
	if (!set_without_planned(view, &cpus, &cpus))
		return;
	then = cpulist_format(&cpus);
	changes_add(changes, knob, CHANGE_FILE, path, now, then);
}

void irq_change_requested(const Knob *knob, KnobView *view, Changes *changes)
{
	const Interrupts *counts = knob_view_interrupts(view, NULL);
	int errnum = 0;
	const GPtrArray *names = knob_view_list(view, "proc/irq", &errnum);

	if (!names)
		changes_add_unchangeable(changes, knob, "proc/irq: %s",
					 knob_view_strerror(view, errnum));
	for (guint i = 0; names && i < names->len; i++)
		if (is_number(names->pdata[i]))
			change_one(knob, view, counts, names->pdata[i], changes);
}

void irq_judge_effective(const Knob *knob, KnobView *view, Finding *finding)
{
	walk_irqs(knob, view, finding, judge_one, "effective_affinity_list");
}

static void compare_one(Walk *walk, const char *irq, const char *file)
{
	g_autofree char *requested_path = NULL;
	g_autofree char *effective_path = NULL;
	g_autofree char *place = NULL;
	const char *asked, *actual;
	Cpuset requested, effective;

	(void)file;
	if (!in_use(walk, irq) ||
	    !read_cpus(walk, irq, "smp_affinity_list", &requested_path, &asked,
		       &requested) ||
	    !read_cpus(walk, irq, "effective_affinity_list", &effective_path, &actual,
		       &effective))
		return;
	if (cpuset_count(&effective) == 0 && !fired(walk, irq, FALSE))
		return;
	if (cpuset_count(&effective) == 0 || cpuset_count(&requested) == 0) {
		tally_match(walk->tally, MATCH_ODD,
			    cpuset_count(&effective) == 0 ? effective_path
							  : requested_path,
			    "", -1, NULL, NULL);
		return;
	}
	if (cpuset_is_subset(&effective, &requested)) {
		tally_match(walk->tally, MATCH_HOLDS, effective_path, NULL, -1,
			    "CPUs of smp_affinity_list", NULL);
		return;
	}
	place = place_of(walk, irq, effective_path);
	broken(walk, place, actual, asked, NULL);
}

void irq_judge_contradiction(const Knob *knob, KnobView *view, Finding *finding)
{
	walk_irqs(knob, view, finding, compare_one, NULL);
}

static void managed_one(Walk *walk, const char *irq, const char *file)
{
	g_autofree char *path = NULL;
	g_autofree char *place = NULL;
	const char *text;
	Cpuset cpus;

	if (!read_cpus(walk, irq, file, &path, &text, &cpus))
		return;
	if (cpuset_count(&cpus) == 0) {
		if (in_use(walk, irq))
			tally_match(walk->tally, MATCH_ODD, path, "", -1, walk->wanted,
				    NULL);
		return;
	}
	if (!cpuset_intersects(&cpus, walk->planned) || !in_use(walk, irq) ||
	    !is_managed(walk->view, irq)) {
		tally_match(walk->tally, MATCH_HOLDS, path, NULL, -1, walk->wanted, NULL);
		return;
	}
	place = place_of(walk, irq, path);
	tally_match(walk->tally, MATCH_BROKEN, place, text, -1, walk->wanted,
		    "only its driver can move it");
}

void irq_judge_managed(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;

	if (!knob_view_list(view, DEBUG, &errnum)) {
		knob_conclude_errno(knob, view, finding, DEBUG, errnum);
		return;
	}
	walk_irqs(knob, view, finding, managed_one, "smp_affinity_list");
}

/* The kernel adds the CPU that it boots on, which is 0 on x86 (kernel/irq/irqdesc.c,
 * init_irq_default_affinity()). */
void irq_judge_default(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);
	const char *given = cmdline ? kernel_cmdline_last(cmdline, "irqaffinity") : NULL;
	const char *line;
	g_autofree char *seen = NULL;
	Cpuset asked, actual, possible;

	if (!cmdline) {
		knob_conclude(knob, finding, MATCH_ODD, "proc/cmdline: %s",
			      knob_view_strerror(view, errnum));
		return;
	}
	if (!given) {
		knob_conclude(knob, finding, MATCH_IRRELEVANT,
			      "irqaffinity= is not on the kernel command line");
		return;
	}
	line = knob_view_line(view, DEFAULT, &errnum);
	if (!line) {
		knob_conclude_errno(knob, view, finding, DEFAULT, errnum);
		return;
	}
	if (!cpulist_parse(given, CPUSET_CPUS, &asked, NULL) ||
	    !cpumask_parse(line, CPUSET_CPUS, &actual, NULL) ||
	    cpuset_count(&actual) == 0) {
		knob_conclude(knob, finding, MATCH_ODD,
			      "irqaffinity=%s and %s in %s cannot be compared", given,
			      line, DEFAULT);
		return;
	}
	if (knob_view_cpulist(view, "sys/devices/system/cpu/possible", &possible, NULL) &&
	    cpuset_count(&possible) > 0) {
		Cpuset outside = asked;

		cpuset_subtract(&outside, &possible);
		cpuset_subtract(&asked, &outside);
	}
	seen = cpulist_format(&actual);
	finding_add_evidence(finding, g_strdup(DEFAULT), g_strdup(seen), g_strdup(given));
	cpuset_add(&asked, 0);
	cpuset_add(&actual, 0);
	if (cpuset_equal(&asked, &actual))
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else
		knob_conclude(
			knob, finding, MATCH_BROKEN,
			"irqaffinity=%s was asked for, and new interrupts go to CPUs %s",
			given, seen);
}
