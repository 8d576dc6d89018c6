/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "irq_judge.h"
#include "judge.h"
#include "kernel_cmdline.h"
#include "number.h"
#include "place.h"
#include "planned.h"
#include "set.h"
#include "view.h"

#define REALTIME "sys/kernel/realtime"
#define VERSION  "proc/sys/kernel/version"
#define SHIELD   "etc/sysconfig/shield"
#define NET      "sys/class/net"

/* PREEMPT_RT forces it, and threadirqs asks for it. sys/kernel/realtime may be absent on
 * a PREEMPT_RT kernel: then the version tells. */
void irq_judge_threaded(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, NULL);
	const char *realtime = knob_view_line(view, REALTIME, NULL);
	const char *version = knob_view_line(view, VERSION, &errnum);

	if (realtime)
		finding_add_evidence(finding, g_strdup(REALTIME), g_strdup(realtime),
				     g_strdup("1"));
	if (version)
		finding_add_evidence(finding, g_strdup(VERSION), g_strdup(version),
				     g_strdup("PREEMPT_RT"));
	if ((realtime && strcmp(realtime, "1") == 0) ||
	    (version && strstr(version, "PREEMPT_RT")))
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else if (cmdline && kernel_cmdline_count(cmdline, "threadirqs") > 0)
		knob_conclude(knob, finding, MATCH_HOLDS, "threadirqs is given");
	else if (!version)
		knob_conclude_errno(knob, view, finding, VERSION, errnum);
	else if (!cmdline)
		knob_conclude(knob, finding, MATCH_ODD, "proc/cmdline cannot be read");
	else
		knob_conclude(
			knob, finding, MATCH_BROKEN,
			"the kernel is not PREEMPT_RT, and threadirqs is not given");
}

void irq_judge_threads(const Knob *knob, KnobView *view, Finding *finding)
{
	planned_judge_threads(knob, view, finding, "irq/*");
}

void irq_change_threads(const Knob *knob, KnobView *view, Changes *changes)
{
	change_affinity(knob, view, changes, "irq/*", TRUE);
}

/* ---- network queues
 * -------------------------------------------------------------------- */

static guint count_queues(KnobView *view, const char *interface, int *ret_errno)
{
	g_autofree char *path = g_strdup_printf(NET "/%s/queues", interface);
	const GPtrArray *names = knob_view_list(view, path, ret_errno);
	guint queues = 0;

	for (guint i = 0; names && i < names->len; i++)
		queues += g_str_has_prefix(names->pdata[i], "rx-");
	return queues;
}

/* Only hardware and virtio have interrupts: their interfaces have a device. */
static gboolean has_device(KnobView *view, const char *interface)
{
	g_autofree char *device = g_strdup_printf(NET "/%s/device/uevent", interface);

	return knob_view_exists(view, device);
}

static gboolean judge_interface(KnobView *view, Tally *tally, const char *interface,
				guint housekeeping)
{
	g_autofree char *place = g_strdup_printf(NET "/%s/queues", interface);
	g_autofree char *seen = NULL;
	g_autofree char *wanted = g_strdup_printf("at most %u", housekeeping);
	int errnum = 0;
	guint queues;

	if (!has_device(view, interface))
		return FALSE;
	queues = count_queues(view, interface, &errnum);
	if (queues == 0) {
		tally_match(tally, MATCH_ODD, place, NULL, -1, wanted,
			    errnum ? g_strerror(errnum) : "no queue");
		return TRUE;
	}
	seen = g_strdup_printf("%u receive queues", queues);
	tally_match(tally, queues <= housekeeping ? MATCH_HOLDS : MATCH_BROKEN, place,
		    seen, -1, wanted, NULL);
	return TRUE;
}

void irq_judge_nic_queues(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const GPtrArray *names = knob_view_list(view, NET, &errnum);
	guint housekeeping = cpuset_count(knob_view_housekeeping(view));
	g_autoptr(Tally) tally = NULL;
	gboolean found = FALSE;

	if (planned_missing(knob, view, finding))
		return;
	if (!names) {
		knob_conclude_errno(knob, view, finding, NET, errnum);
		return;
	}
	if (!knob_view_online_known(view) || housekeeping == 0) {
		knob_conclude(knob, finding, MATCH_ODD,
			      "nobody can tell how many CPUs are left for housekeeping");
		return;
	}
	tally = tally_new(knob, view);
	for (guint i = 0; i < names->len; i++)
		found = judge_interface(view, tally, names->pdata[i], housekeeping) ||
			found;
	if (found)
		tally_finish(tally, finding);
	else
		knob_conclude(knob, finding,
			      knob_view_complete(view) ? MATCH_IRRELEVANT : MATCH_ODD,
			      "no network interface has a device behind it");
}

void irq_change_nic_queues(const Knob *knob, KnobView *view, Changes *changes)
{
	const GPtrArray *names = knob_view_list(view, NET, NULL);
	guint housekeeping = cpuset_count(knob_view_housekeeping(view));
	g_autofree char *then = g_strdup_printf("at most %u", housekeeping);

	if (!change_judged(knob, view, changes))
		return;
	for (guint i = 0; names && i < names->len; i++) {
		const char *name = names->pdata[i];
		int errnum = 0;
		guint queues = has_device(view, name) ? count_queues(view, name, &errnum) : 0;
		g_autofree char *was = g_strdup_printf("%u to receive", queues);

		if (queues > housekeeping)
			changes_add(changes, knob, CHANGE_QUEUES, name, was, then);
	}
}

/* ---- what a service was told
 * ------------------------------------------------------------ */

/*
 * The last value of NAME in a file of NAME=VALUE lines, as systemd and shells read it; ""
 * when it is not set. FALSE with *ret_errno when there is no such file (ENOENT) or it is
 * something else (EILSEQ).
 */
static gboolean environment_value(KnobView *view, const char *path, const char *name,
				  char **ret, int *ret_errno)
{
	const char *text = knob_view_read(view, path, ret_errno);
	g_autofree char *found = g_strdup("");
	g_auto(GStrv) lines = NULL;

	if (!text)
		return FALSE;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		char *equals;

		g_strstrip(*line);
		if (!**line || **line == '#' || **line == ';')
			continue;
		equals = strchr(*line, '=');
		if (!equals || equals == *line ||
		    (!g_ascii_isalpha(**line) && **line != '_')) {
			*ret_errno = EILSEQ;
			return FALSE;
		}
		*equals = '\0';
		if (strcmp(*line, name) != 0)
			continue;
		g_free(found);
		found = g_shell_unquote(equals + 1, NULL);
		if (!found)
			found = g_strdup(equals + 1);
	}
	*ret = g_steal_pointer(&found);
	return TRUE;
}

typedef struct {
	const char *path; /* of the file that decided, or NULL */
	char *list, *mask;
} Banned;

static void banned_clear(Banned *banned)
{
	g_free(banned->list);
	g_free(banned->mask);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Banned, banned_clear)

/* Debian's place, then Red Hat's. FALSE when concluded. */
static gboolean read_banned(const Knob *knob, KnobView *view, Finding *finding,
			    Banned *banned)
{
	static const char *const paths[] = {"etc/default/irqbalance",
					    "etc/sysconfig/irqbalance", NULL};

	for (guint i = 0; paths[i]; i++) {
		g_autofree char *list = NULL;
		g_autofree char *mask = NULL;
		int errnum = 0;

		if (!environment_value(view, paths[i], "IRQBALANCE_BANNED_CPULIST", &list,
				       &errnum) ||
		    !environment_value(view, paths[i], "IRQBALANCE_BANNED_CPUS", &mask,
				       &errnum)) {
			if (errnum == ENOENT)
				continue;
			knob_conclude(knob, finding, MATCH_ODD, "%s: %s", paths[i],
				      g_strerror(errnum));
			return FALSE;
		}
		if (!*list && !*mask)
			continue;
		if (banned->path) {
			knob_conclude(knob, finding, MATCH_ODD, "both %s and %s ban CPUs",
				      banned->path, paths[i]);
			return FALSE;
		}
		*banned = (Banned){paths[i], g_steal_pointer(&list),
				   g_steal_pointer(&mask)};
	}
	return TRUE;
}

/* The list wins over the mask, and without either irqbalance bans the isolated and the
 * tickless CPUs (irqbalance cputree.c, setup_banned_cpus()). */
static gboolean parse_banned(KnobView *view, const Banned *banned, Cpuset *ret)
{
	Cpuset nohz_full;

	if (banned->path && *banned->list)
		return cpulist_parse(banned->list, CPUSET_CPUS, ret, NULL);
	if (banned->path)
		return cpumask_parse(banned->mask, CPUSET_CPUS, ret, NULL);
	if (!knob_view_isolated_known(view))
		return FALSE;
	*ret = *knob_view_isolated(view);
	if (knob_view_cpulist(view, "sys/devices/system/cpu/nohz_full", &nohz_full, NULL))
		cpuset_union(ret, &nohz_full);
	return TRUE;
}

static gboolean irqbalance_runs(const GArray *threads)
{
	for (guint i = 0; i < threads->len; i++)
		if (strcmp(g_array_index(threads, KnobThread, i).comm, "irqbalance") == 0)
			return TRUE;
	return FALSE;
}

void irq_judge_irqbalance(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const GArray *threads = knob_view_threads(view, &errnum);
	g_auto(Banned) banned = {0};
	g_autofree char *seen = NULL;
	Cpuset cpus;

	if (planned_missing(knob, view, finding))
		return;
	if (!threads) {
		knob_conclude(knob, finding, MATCH_ODD,
			      "the processes could not be listed: %s",
			      knob_view_no_threads(view, errnum));
		return;
	}
	if (!irqbalance_runs(threads)) {
		finding_add_evidence(finding, g_strdup("irqbalance"),
				     g_strdup("does not run"), NULL);
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
		return;
	}
	if (!read_banned(knob, view, finding, &banned))
		return;
	if (!parse_banned(view, &banned, &cpus)) {
		knob_conclude(knob, finding, MATCH_ODD,
			      "irqbalance runs, and which CPUs it spares cannot be told "
			      "from %s",
			      banned.path ? banned.path
					  : "sys/devices/system/cpu/isolated");
		return;
	}
	seen = cpulist_format(&cpus);
	finding_add_evidence(finding, g_strdup(banned.path ? banned.path : "its default"),
			     g_strdup(seen), cpulist_format(knob_view_planned(view)));
	if (cpuset_is_subset(knob_view_planned(view), &cpus))
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "irqbalance runs and spares CPUs %s",
			      *seen ? seen : "none");
}

void irq_change_irqbalance(const Knob *knob, KnobView *view, Changes *changes)
{
	if (change_judged(knob, view, changes))
		changes_add(changes, knob, CHANGE_SERVICE, "irqbalance.service", "running",
			    "stopped");
}

/* "0-4:enp4s0f0; 0,2:55;" in IRQ_ASSIGN, put together by "+=" lines. */
static void judge_assignments(KnobView *view, Tally *tally, const char *value)
{
	g_auto(GStrv) items = g_strsplit_set(value, "; \t\"'", -1);

	for (char **item = items; *item; item++) {
		char *colon = strchr(*item, ':');
		Cpuset cpus;

		if (!**item)
			continue;
		if (colon)
			*colon = '\0';
		if (!colon || !colon[1] ||
		    !cpulist_parse(*item, CPUSET_CPUS, &cpus, NULL)) {
			tally_match(tally, MATCH_ODD, SHIELD, *item, -1, "CPUS:IRQ",
				    NULL);
			continue;
		}
		tally_match(
			tally,
			cpuset_intersects(&cpus, knob_view_planned(view)) ? MATCH_BROKEN
									  : MATCH_HOLDS,
			SHIELD " IRQ_ASSIGN", *item, -1, "housekeeping CPUs", colon + 1);
	}
}

void irq_judge_shield(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const char *text = knob_view_read(view, SHIELD, &errnum);
	g_autoptr(Tally) tally = NULL;
	g_auto(GStrv) lines = NULL;
	gboolean assigned = FALSE;

	if (!text) {
		knob_conclude_errno(knob, view, finding, SHIELD, errnum);
		return;
	}
	if (planned_missing(knob, view, finding))
		return;
	tally = tally_new(knob, view);
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		const char *value = g_strstrip(*line);

		if (!g_str_has_prefix(value, "IRQ_ASSIGN"))
			continue;
		value += strlen("IRQ_ASSIGN");
		value += g_str_has_prefix(value, "+=") ? 2 : *value == '=' ? 1 : 0;
		assigned = TRUE;
		judge_assignments(view, tally, value);
	}
	if (assigned)
		tally_finish(tally, finding);
	else
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "%s assigns no interrupt (IRQ_ASSIGN)", SHIELD);
}
