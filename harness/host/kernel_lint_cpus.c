/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel_lint.h"

#include <string.h>


/* Parameters that hold a list of CPUs. */
enum { LIST_ISOLCPUS, LIST_NOHZ_FULL, LIST_RCU_NOCBS, LIST_IRQAFFINITY, LISTS };

typedef struct {
	const char *value; /* the one that counts; NULL: not given */
	gboolean known;	   /* the rest holds */
	IsolcpusValue isolcpus;
	Cpuset cpus;
} List;

static const struct {
	const char *name;
	gboolean first;	   /* which of several the kernel takes */
	gboolean optional; /* it may stand without a list */
} lists[LISTS] = {
	[LIST_ISOLCPUS] = {"isolcpus", TRUE, FALSE},
	[LIST_NOHZ_FULL] = {"nohz_full", TRUE, FALSE},
	[LIST_RCU_NOCBS] = {"rcu_nocbs", FALSE, TRUE},
	[LIST_IRQAFFINITY] = {"irqaffinity", FALSE, FALSE},
};

/* The kernel's N and "all" count possible CPUs. */
static guint limit_of(const KernelLint *lint)
{
	guint limit = 0;

	if (!lint->possible)
		return CPUSET_CPUS;
	CPUSET_FOREACH (cpu, lint->possible)
		limit = (guint)cpu + 1;
	return limit ? limit : CPUSET_CPUS;
}

static gboolean parse_list(guint which, const char *value, guint limit, List *list,
			   GError **error)
{
	if (which == LIST_ISOLCPUS) {
		if (!isolcpus_parse(value, limit, &list->isolcpus, error))
			return FALSE;
		list->cpus = list->isolcpus.cpus;
		return TRUE;
	}
	return cpulist_parse_parameter(value, limit, &list->cpus, error);
}

static void add(KernelLint *lint, CmdlineLintKind kind, guint which, const char *value,
		const char *message, const char *remedy)
{
	g_autofree char *seen =
		g_strconcat(lists[which].name, *value ? "=" : NULL, value, NULL);

	kernel_lint_add(lint, kind, lists[which].name, seen, message, remedy);
}

static void beyond(KernelLint *lint, guint which, const List *list)
{
	add(lint, CMDLINE_CONTRADICTION, which, list->value,
	    "it names CPUs that this machine cannot have: depending on its version the kernel "
	    "leaves them out, or drops the whole list",
	    "name possible CPUs only: /sys/devices/system/cpu/possible; N stands for the last");
}

static void read_list(KernelLint *lint, guint which, List *list)
{
	const char *value = lists[which].first ?
				    kernel_cmdline_first(lint->cmdline, lists[which].name) :
				    kernel_cmdline_last(lint->cmdline, lists[which].name);
	g_autoptr(GError) error = NULL;

	if (!value || (!*value && lists[which].optional))
		return;
	list->value = value;
	if (parse_list(which, value, limit_of(lint), list, NULL)) {
		list->known = !lint->possible ||
			      cpuset_is_subset(&list->cpus, lint->possible);
		if (!list->known)
			beyond(lint, which, list);
	} else if (parse_list(which, value, CPUSET_CPUS, list, &error)) {
		beyond(lint, which, list);
	} else {
		add(lint, CMDLINE_MALFORMED, which, list->value, error->message,
		    "write a list such as 2-7,10-N; the kernel ignores one that it cannot read");
	}
}

static void find_flag(KernelLint *lint, const List *isolcpus)
{
	g_autofree char *message = NULL;

	if (!isolcpus->known || !*isolcpus->isolcpus.unknown_flag)
		return;
	message = g_strdup_printf("mainline knows no flag '%s' of isolcpus=: it is skipped, and "
				  "before Linux 5.8 the whole parameter with it",
				  isolcpus->isolcpus.unknown_flag);
	add(lint, CMDLINE_MALFORMED, LIST_ISOLCPUS, isolcpus->value, message,
	    "flags are domain, managed_irq and nohz");
}

/* kernel/sched/isolation.c: one possible CPU must be in neither. */
static void find_no_housekeeping(KernelLint *lint, const List *list)
{
	Cpuset all = {0}, left;
	g_autofree char *seen = NULL;

	if (!lint->possible || cpuset_count(lint->possible) == 0)
		return;
	if (list[LIST_ISOLCPUS].known && list[LIST_ISOLCPUS].isolcpus.domain)
		cpuset_union(&all, &list[LIST_ISOLCPUS].cpus);
	if (list[LIST_NOHZ_FULL].known)
		cpuset_union(&all, &list[LIST_NOHZ_FULL].cpus);
	left = *lint->possible;
	cpuset_subtract(&left, &all);
	if (cpuset_count(&left) > 0)
		return;
	seen = kernel_lint_seen(lint, "isolcpus", "nohz_full");
	kernel_lint_add(lint, CMDLINE_CONTRADICTION,
			list[LIST_ISOLCPUS].known ? "isolcpus" : "nohz_full", seen,
			"together they take every CPU: none is left for housekeeping, and the "
			"kernel takes one back or drops a list",
			"leave at least one CPU of each socket out");
}

static void find_nohz_twice(KernelLint *lint, const List *list)
{
	g_autofree char *seen = NULL;

	if (!list[LIST_ISOLCPUS].known || !list[LIST_NOHZ_FULL].known ||
	    !list[LIST_ISOLCPUS].isolcpus.nohz ||
	    cpuset_equal(&list[LIST_ISOLCPUS].cpus, &list[LIST_NOHZ_FULL].cpus))
		return;
	seen = kernel_lint_seen(lint, "isolcpus", "nohz_full");
	kernel_lint_add(lint, CMDLINE_CONTRADICTION, "isolcpus", seen,
			"isolcpus=nohz,... is nohz_full= with another list: the kernel keeps the "
			"first and refuses the second",
			"leave nohz out of isolcpus=, or give both the same list");
}

static void find_irqs_on_isolated(KernelLint *lint, const List *list)
{
	g_autofree char *seen = NULL;

	if (!list[LIST_ISOLCPUS].known || !list[LIST_IRQAFFINITY].known ||
	    !cpuset_intersects(&list[LIST_ISOLCPUS].cpus, &list[LIST_IRQAFFINITY].cpus))
		return;
	seen = kernel_lint_seen(lint, "isolcpus", "irqaffinity");
	kernel_lint_add(lint, CMDLINE_CONTRADICTION, "irqaffinity", seen,
			"irqaffinity= sends interrupts to CPUs that isolcpus= isolates",
			"name housekeeping CPUs only in irqaffinity=");
}

void kernel_lint_cpus(KernelLint *lint)
{
	g_autofree List *list = g_new0(List, LISTS);

	for (guint which = 0; which < LISTS; which++)
		read_list(lint, which, &list[which]);
	find_flag(lint, &list[LIST_ISOLCPUS]);
	find_no_housekeeping(lint, list);
	find_nohz_twice(lint, list);
	find_irqs_on_isolated(lint, list);
}
