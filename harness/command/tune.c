/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "error.h"
#include "guard.h"
#include "lock.h"
#include "machine.h"
#include "machine_vms.h"
#include "rows.h"
#include "tune.h"
#include "tune_json.h"
#include "tune_persist.h"
#include "tune_text.h"

static const Option options[] = {
	{"cpus", 'c', "LIST", FALSE,
	 "diff, apply, persist: CPUs meant for vCPUs, such as 2-5 (default: those that the kernel "
	 "isolates)"},
	MACHINE_VMS_OPTIONS("diff, apply, persist: the CPUs of these real-time VMs' vCPUs"),
	{"root", 'r', "DIR", FALSE,
	 "diff, persist, unpersist: of the system below DIR, an image or a copy of a captured "
	 "one (default: this one)"},
	{"only", 0, "GLOB", TRUE, "diff, apply, persist: only rows whose id matches, such as 'irq.*'"},
	{"skip", 0, "GLOB", TRUE, "diff, apply, persist: leave out rows whose id matches"},
	{"choose", 0, "ID=VALUE", TRUE,
	 "diff, apply, persist: a row on which sources disagree is changed only to what is chosen"},
	{"force", 0, NULL, FALSE,
	 "diff, apply, persist: threads of VMs that lathe did not start are moved as well"},
	{"keep-going", 'k', NULL, FALSE,
	 "apply: a change of severity high that does not take is reported, and the others stay "
	 "(default: all is put back)"},
	{"write", 'w', NULL, FALSE,
	 "persist, unpersist: write or remove the files (default: show them)"},
	{"run", 0, NULL, FALSE,
	 "with --write: run the commands that make the files count (default: show them)"},
	{"format", 'f', "text|json", FALSE, "what standard output gets (default: text)"},
	{NULL},
};

/* What a verb works on. */
typedef struct {
	const CommandContext *context;
	const Arguments *arguments;
	gboolean json;
	Root *root;
	KnobView *view; /* of diff and apply */
	Tune tune;
} Work;

static void work_clear(Work *work)
{
	knob_view_free(work->view);
	root_free(work->root);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

static gboolean open_view(Work *work, GError **error)
{
	gboolean given;
	Cpuset cpus;

	if (!machine_cpus(work->arguments, work->root, &cpus, &given, error))
		return FALSE;
	work->view = knob_view_new(work->root, SCOPE_HOST, given ? &cpus : NULL, NULL);
	return rows_choose(work->arguments, work->view, error) && tune_guard(work->view, error);
}

static Changes *find_changes(Work *work, GError **error)
{
	KnobSelection selection;
	Changes *changes;

	if (!rows_selection(work->arguments, &selection, error) || !open_view(work, error))
		return NULL;
	selection.force = arguments_flag(work->arguments, "force");
	changes = changes_find(work->view, &selection);
	tune_leave_held(&work->tune.host, changes->changes);
	return changes;
}

static int print(char *text, int status)
{
	g_autofree char *owned = text;

	fputs(owned, stdout);
	return status;
}

static int diff(Work *work, GError **error)
{
	g_autoptr(Changes) changes = find_changes(work, error);
	g_autofree char *cpus = NULL;

	if (!changes)
		return -1;
	cpus = cpulist_format(knob_view_planned(work->view));
	return print(work->json ? tune_json_diff(changes, cpus) : tune_text_diff(changes, cpus), 0);
}

/* What a lathe that was killed left behind is not to be mixed with what comes now. */
static gboolean recover(Work *work, GError **error)
{
	g_autoptr(GPtrArray) outcomes = tuned_new_array();

	if (!tune_recover(&work->tune, outcomes, error))
		return FALSE;
	if (outcomes->len > 0)
		fprintf(stderr, "lathe: put back %u changes that an interrupted lathe had begun\n",
			outcomes->len);
	return TRUE;
}

static gboolean any_failed(const GPtrArray *outcomes)
{
	for (guint i = 0; i < outcomes->len; i++)
		if (((Tuned *)outcomes->pdata[i])->state == TUNED_FAILED)
			return TRUE;
	return FALSE;
}

static int apply(Work *work, GError **error)
{
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(Waiter) waiter = waiter_new();
	g_autoptr(Changes) changes = NULL;
	g_autofree char *cpus = NULL;
	gboolean ok;

	waiter_watch_signals(waiter);
	if (!recover(work, error))
		return -1;
	changes = find_changes(work, error);
	if (!changes)
		return -1;
	cpus = cpulist_format(knob_view_planned(work->view));
	work->tune.waiter = waiter;
	work->tune.keep_going = arguments_flag(work->arguments, "keep-going");
	ok = tune_apply(&work->tune, "lathe tune apply", cpus, changes->changes, outcomes, error);
	print(work->json ? tune_json_apply(changes, outcomes, cpus, ok)
			 : tune_text_apply(changes, outcomes, cpus, ok),
	      0);
	if (!ok && error && *error && !lathe_error_get_hint(*error) && !waiter_cancelled(waiter))
		lathe_error_hint(error, "everything that was changed was put back; --skip ID leaves "
					"a row out, --keep-going reports what does not take");
	return ok ? any_failed(outcomes) ? 2 : 0 : -1;
}

/* Rows that nothing can change while the host runs, and that do not hold for those CPUs. */
static GPtrArray *pending_reboot(const Work *work, const char *cpus)
{
	GPtrArray *pending = findings_new();
	g_autoptr(KnobView) view = NULL;
	Cpuset planned;

	if (!cpus || !cpulist_parse(cpus, CPUSET_CPUS, &planned, NULL))
		return pending;
	view = knob_view_new(work->root, SCOPE_HOST, &planned, NULL);
	KNOB_FOREACH (layer, knob) {
		g_autoptr(Finding) finding = NULL;

		if (knob->when != WHEN_REBOOT || !knob_is_judged(knob, SCOPE_HOST))
			continue;
		finding = knob_judge(layer, knob, view);
		if (finding->status == STATUS_FAIL || finding->status == STATUS_WARN)
			g_ptr_array_add(pending, g_steal_pointer(&finding));
	}
	return pending;
}

/* Whoever has not completed is at work, or gone: the lock tells. Without the right to look at it
 * he counts as gone. */
static gboolean is_under_way(const Work *work, const TuneStatus *seen)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Lock) lock = NULL;

	if (!seen->tuned || seen->complete)
		return FALSE;
	lock = lock_take(work->context->state->run, &error);
	return g_error_matches(error, LATHE_ERROR, LATHE_ERROR_BUSY);
}

static int status(Work *work, GError **error)
{
	g_autoptr(TuneStatus) seen = tune_status(&work->tune, error);
	g_autoptr(GPtrArray) pending = NULL;
	gboolean drifted = FALSE, under_way;

	if (!seen)
		return -1;
	pending = pending_reboot(work, seen->cpus);
	under_way = is_under_way(work, seen);
	for (guint i = 0; i < seen->rows->len; i++)
		drifted |= ((Tuned *)seen->rows->pdata[i])->state != TUNED_IN_FORCE;
	drifted |= seen->doubts->len > 0 || (!seen->complete && !under_way);
	return print(work->json ? tune_json_status(seen, under_way, pending)
				: tune_text_status(seen, under_way, pending),
		     drifted ? 2 : 0);
}

static int restore(Work *work, GError **error)
{
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(GPtrArray) doubts = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *aside = NULL;
	gboolean ok = tune_restore(&work->tune, outcomes, doubts, &aside, error);
	gboolean foreign = doubts->len > 0;

	for (guint i = 0; i < outcomes->len; i++)
		foreign |= ((Tuned *)outcomes->pdata[i])->state == TUNED_FOREIGN;
	/* Of a journal that cannot be read nobody knows what there is to put back. */
	if (ok || outcomes->len > 0)
		print(work->json ? tune_json_restore(outcomes, doubts, aside)
				 : tune_text_restore(outcomes, doubts, aside),
		      0);
	return ok ? foreign ? 2 : 0 : -1;
}

static int persist(Work *work, GError **error)
{
	if (!open_view(work, error))
		return -1;
	return tune_persist(work->context, work->arguments, work->root, work->view, error);
}

static int unpersist(Work *work, GError **error)
{
	return tune_unpersist(work->context, work->arguments, work->root, error);
}

typedef enum { LOOKS, CHANGES, CHANGES_WITH_WRITE } VerbNeeds;

static const struct {
	const char *name;
	VerbNeeds needs;   /* what changes needs root and the lock */
	gboolean of_trees; /* it takes --root */
	gboolean of_rows;  /* it takes CPUs and rows; the others are of all that was changed */
	int (*run)(Work *work, GError **error);
} verbs[] = {
	{"diff", LOOKS, TRUE, TRUE, diff},
	{"apply", CHANGES, FALSE, TRUE, apply},
	{"status", LOOKS, FALSE, FALSE, status},
	{"restore", CHANGES, FALSE, FALSE, restore},
	{"persist", CHANGES_WITH_WRITE, TRUE, TRUE, persist},
	{"unpersist", CHANGES_WITH_WRITE, TRUE, FALSE, unpersist},
};

static gboolean changes(VerbNeeds needs, const Arguments *arguments)
{
	return needs == CHANGES ||
	       (needs == CHANGES_WITH_WRITE && arguments_flag(arguments, "write"));
}

static gboolean may_change(const State *state, const char *verb, Lock **ret_lock, GError **error)
{
	if (geteuid() != 0) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT, "'lathe tune %s' must run as root",
			    verb);
		lathe_error_hint(error, "it writes settings of the kernel: sudo lathe tune %s ...",
				 verb);
		return FALSE;
	}
	if (!state_make_directory(state->run, error) || !state_make_directory(state->lib, error))
		return FALSE;
	*ret_lock = lock_take(state->run, error);
	return *ret_lock != NULL;
}

static int refuse_root(const char *verb, GError **error)
{
	lathe_error(error, LATHE_ERROR_USAGE, "lathe tune %s is of this host: it takes no --root",
		    verb);
	return -1;
}

/* Whoever means to put back one row must not have all of them put back. */
static gboolean check_of_all(const char *verb, const Arguments *arguments, GError **error)
{
	static const char *const of_rows[] = {"cpus", "vm", "config", "only", "skip", "choose", "force",
					      "keep-going"};

	for (guint i = 0; i < G_N_ELEMENTS(of_rows); i++)
		if (arguments_flag(arguments, of_rows[i]))
			return lathe_error(error, LATHE_ERROR_USAGE,
					   "lathe tune %s is of all that was changed: it takes no "
					   "--%s", verb, of_rows[i]);
	return TRUE;
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	const char *name = arguments_positional(arguments)[0];
	const char *directory = arguments_value(arguments, "root");
	g_auto(Work) work = {.context = context, .arguments = arguments};
	g_autoptr(Lock) lock = NULL;

	if (!machine_json_wanted(arguments, &work.json, error))
		return -1;
	work.root = directory ? root_open_writable(directory, error) : root_open_live(error);
	if (!work.root)
		return -1;
	work.tune = (Tune){.host = {work.root, TARGET_WRITE_SECONDS},
			   .directory = context->state->lib};
	for (guint i = 0; name && i < G_N_ELEMENTS(verbs); i++) {
		if (strcmp(verbs[i].name, name) != 0)
			continue;
		if (directory && !verbs[i].of_trees)
			return refuse_root(name, error);
		if (!verbs[i].of_rows && !check_of_all(name, arguments, error))
			return -1;
		if (changes(verbs[i].needs, arguments) && !may_change(context->state, name, &lock, error))
			return -1;
		return verbs[i].run(&work, error);
	}
	lathe_error(error, LATHE_ERROR_USAGE, name ? "lathe tune cannot '%s'"
						   : "lathe tune needs to be told what to do", name);
	lathe_error_hint(error, "diff, apply, status, restore, persist or unpersist; `lathe tune --help` tells more");
	return -1;
}

const Command command_tune = {
	.name = "tune",
	.summary = "change this host for real-time VMs, and put it back",
	.arguments = "diff|apply|status|restore|persist|unpersist",
	.arguments_max = 1,
	.description =
		"diff     shows what would change, a line each; changes nothing\n"
		"apply    changes it: each value is kept in a journal first, written, and read\n"
		"         back. When one of severity high does not take, all is put back\n"
		"status   shows what lathe changed, and what of it somebody changed since\n"
		"restore  puts everything back, last first; what others changed since is left\n"
		"         alone and reported. It also works after a crash or a reboot\n"
		"persist  shows what would make it last over a reboot, the kernel command line\n"
		"         among it: drop-in files, and the commands that make them count; --write\n"
		"         writes the files\n"
		"unpersist shows, and with --write removes, exactly what persist wrote\n"
		"\n"
		"What is changed are the rows of the knob table that can change while the host runs\n"
		"and do not hold (`lathe validate-host --list`).\n"
		"\n"
		"Exit status: 0 done; 2 apply: a lesser change did not take; status: something is\n"
		"no longer in force; restore: what others changed was left; 1 could not do it.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
