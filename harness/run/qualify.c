/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qualify.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "boot.h"
#include "canary.h"
#include "configured.h"
#include "confine.h"
#include "context.h"
#include "cpuset.h"
#include "describe.h"
#include "error.h"
#include "feasible.h"
#include "guest.h"
#include "images.h"
#include "lock.h"
#include "polling.h"
#include "realtime.h"
#include "remove_tree.h"
#include "report.h"
#include "stage.h"
#include "tuning.h"
#include "validate.h"
#include "verdict.h"

static gboolean find_tool(RunContext *context, GError **error)
{
	context->tool_path = g_find_program_in_path(context->profile->tool);
	if (context->tool_path)
		return TRUE;
	lathe_error(error, LATHE_ERROR_ENVIRONMENT, "%s is not installed", context->profile->tool);
	lathe_error_hint(error, "install it: apt install rt-tests, or dnf install realtime-tests");
	return FALSE;
}

static gboolean open_hypervisor(RunContext *context, GError **error)
{
	const State *state = context->options->state;
	g_autofree char *embedded = g_build_filename(state->run, "libvirt", NULL);
	g_autofree char *cache = g_build_filename(state->cache, "libvirt", NULL);

	context->hypervisor =
		context->options->vms ? configured_connect(context->options, error)
		: context->options->connect
			? hypervisor_open(context->options->connect, error)
			: hypervisor_open_embedded(embedded, cache, error);
	return context->hypervisor && hypervisor_check_emulator(context->hypervisor, error);
}

/* What a lathe that was killed left behind: its VM, its loads. We hold the lock, so nobody
 * is using them. */
static gboolean clear_leftovers(RunContext *context, GError **error)
{
	guint domains = 0, processes = 0;

	if (!hypervisor_destroy_leftovers(context->hypervisor, &domains, error) ||
	    !confine_destroy_leftovers(context->live, context->options->state->id, &processes,
				       error))
		return FALSE;
	if (domains)
		progress_note(context->progress, "destroyed %u VM%s that an earlier lathe left",
			      domains, domains == 1 ? "" : "s");
	if (processes)
		progress_note(context->progress, "killed %u load process%s that an earlier lathe left",
			      processes, processes == 1 ? "" : "es");
	return TRUE;
}

/* This process and what it starts stay off the CPUs that are measured. QEMU's threads are
 * moved to their places by libvirt. */
static gboolean stay_on_housekeeping(const Cpuset *housekeeping, GError **error)
{
	cpu_set_t *set = CPU_ALLOC(CPUSET_CPUS);
	gsize size = CPU_ALLOC_SIZE(CPUSET_CPUS);
	int status;

	CPU_ZERO_S(size, set);
	CPUSET_FOREACH(cpu, housekeeping)
		CPU_SET_S((gsize)cpu, size, set);
	status = sched_setaffinity(0, size, set);
	CPU_FREE(set);
	if (status != 0)
		return lathe_error_errno(error, errno,
					 "move lathe itself to the housekeeping CPUs");
	return TRUE;
}

static void tell_plans(const RunContext *context)
{
	gboolean demonstration = FALSE;

	for (guint i = 0; i < context->guests->len; i++) {
		const Guest *guest = guest_at(context, i);
		g_autofree char *whose = guest_whose(guest);

		for (guint k = 0; k < guest->plan->broken->len; k++)
			progress_note(context->progress, "%splan: %s", whose,
				      (char *)guest->plan->broken->pdata[k]);
		demonstration |= guest->plan->demonstration;
	}
	if (demonstration && !context->profile->demonstration_allowed)
		progress_note(context->progress,
			      "plan: profile %s does not allow a demonstration plan: the run "
			      "can only be INCONCLUSIVE",
			      context->profile->name);
}

static gboolean plan_built(RunContext *context, GError **error)
{
	guint n_vcpus = context->profile->vcpus ? context->profile->vcpus
						: plan_auto_vcpus(context->facts);
	Plan *plan = plan_new(context->facts, n_vcpus, context->options->cpus, error);
	g_autofree char *name = g_strdup_printf("lathe-%d", getpid());
	Guest *guest;

	if (!plan)
		return FALSE;
	guest = guest_add(context, name, NULL, TRUE, plan);
	guest->memory_mib = context->profile->memory_mib;
	guest->image = &context->image;
	context->housekeeping = plan->housekeeping;
	return TRUE;
}

/* Configured VMs are what libvirt has: it is asked first. */
static gboolean make_plan(RunContext *context, GError **error)
{
	gboolean planned = context->options->vms
				   ? open_hypervisor(context, error) &&
					     clear_leftovers(context, error) &&
					     configured_plan(context, error)
				   : plan_built(context, error);

	if (!planned)
		return FALSE;
	tell_plans(context);
	return stay_on_housekeeping(&context->housekeeping, error);
}

/* In a daemon, which has rights of its own. */
static gboolean libvirt_is_elsewhere(const QualifyOptions *options)
{
	return options->vms ? g_strcmp0(options->connect, "embedded") != 0
			    : options->connect != NULL;
}

/* Before there is a bundle: a refusal would otherwise end a run that had already begun. */
static gboolean check_realtime(RunContext *context, GError **error)
{
	guint highest = guests_fifo_max(context);

	return highest == 0 || libvirt_is_elsewhere(context->options) ||
	       realtime_check(context->live, highest, error);
}

static gboolean check_results(const RunContext *context, GError **error)
{
	for (guint i = 0; i < context->guests->len; i++) {
		const Guest *guest = guest_at(context, i);

		if (guest_is_rt(guest) &&
		    !feasible_results(context->profile, cpuset_count(&guest->plan->guest_rt),
				      guest->memory_mib, guest->config ? guest->domain_name : NULL,
				      error))
			return FALSE;
	}
	return TRUE;
}

static gboolean open_built(RunContext *context, GError **error)
{
	return context->options->vms ||
	       (open_hypervisor(context, error) && clear_leftovers(context, error));
}

static gboolean open_bundle(RunContext *context, GError **error)
{
	g_autofree char *profile = profile_format(context->profile);
	/* QEMU and libvirt are told paths below it, and do not share our directory. */
	g_autofree char *parent = state_absolute(context->options->output, error);

	if (!parent)
		return FALSE;
	context->bundle = bundle_create(parent, context->facts->hostname, context->profile->name,
					error);
	if (!context->bundle)
		return FALSE;
	describe_profile(context->run, context->profile, profile);
	for (guint i = 0; i < context->guests->len; i++)
		describe_plan(&guest_at(context, i)->record->plan, guest_at(context, i)->plan);
	if (bundle_write(context->bundle, "profile.ini", profile, strlen(profile), error) &&
	    validate_host(context, error))
		return TRUE;
	/* Nothing has been measured that it could hold. */
	remove_tree(bundle_path(context->bundle));
	return FALSE;
}

/* Tuning may have taken CPUs offline: as the host is measured. */
static void describe(RunContext *context)
{
	describe_machine(&context->run->host, context->facts);
	describe_versions(context);
}

/* Everything that can fail before there is anything to keep. */
static gboolean prepare(RunContext *context, GError **error)
{
	context->live = root_open_live(error);
	if (!context->live || !cpuset_leave(context->live, error))
		return FALSE;
	if (!tuning_recover(context, error))
		return FALSE;
	context->facts = facts_read(context->live);
	return feasible_loads(context->profile, error) &&
	       feasible_durations(context->profile, error) && find_tool(context, error) &&
	       make_plan(context, error) &&
	       check_results(context, error) && check_realtime(context, error) &&
	       open_built(context, error) && images_make(context, error) &&
	       waiter_check(context->waiter, error) && tuning_begin(context, error) &&
	       polling_check(context, error) &&
	       (describe(context), open_bundle(context, error));
}

static gboolean measure(RunContext *context, GError **error)
{
	if (!waiter_check(context->waiter, error) || !boot_guests(context, error) ||
	    !canary_run(context, error))
		return FALSE;
	if (!boot_validate(context, error)) {
		boot_explain(context, error);
		return FALSE;
	}
	for (guint i = 0; i < context->profile->stages->len; i++)
		if (!stage_run(context, context->profile->stages->pdata[i], error))
			return FALSE;
	if (!validate_guests_after(context, error)) {
		boot_explain(context, error);
		return FALSE;
	}
	return TRUE;
}

/* report.txt, report.html ...: one a format. */
static gboolean write_reports(const RunContext *context, GError **error)
{
	for (const ReportFormat *const *row = report_formats; *row; row++) {
		g_autofree char *name = g_strdup_printf("report.%s", (*row)->suffix);
		g_autofree char *text = NULL;

		if (*row == report_find("json")) /* that is run.json */
			continue;
		text = (*row)->write(bundle_path(context->bundle), context->run, FALSE, error);
		if (!text || !bundle_write(context->bundle, name, text, strlen(text), error))
			return FALSE;
	}
	return TRUE;
}

static void note_no_plot(Progress *progress, const GError *error)
{
	const char *hint = lathe_error_get_hint(error);

	progress_note(progress, "no plot: %s%s%s", error->message, hint ? "; " : "",
		      hint ? hint : "");
}

/* Judges and writes. From here on a signal does not stop us: it is a moment's work, and half
 * a bundle helps nobody. */
static gboolean close_bundle(RunContext *context, GError **error)
{
	Run *run = context->run;
	const char *directory = bundle_path(context->bundle);
	g_autofree char *json = NULL;
	g_autoptr(GError) plot_error = NULL;

	describe_end(run, context->start_us);
	validate_close(context);
	verdict_judge(directory, context->profile, run);
	for (guint i = 0; i < run->stages->len; i++) {
		g_clear_error(&plot_error);
		if (!plot_stage(directory, run, run->stages->pdata[i], &plot_error))
			note_no_plot(context->progress, plot_error);
	}
	json = run_to_json(run);
	/* Before the reports: they name it. */
	return bundle_write(context->bundle, "run.json", json, strlen(json), error) &&
	       write_reports(context, error) && bundle_finish(context->bundle, error);
}

static void context_clear(RunContext *context)
{
	boot_end(context);
	tuning_end(context);
	g_clear_pointer(&context->hypervisor, hypervisor_free);
	g_clear_pointer(&context->bundle, bundle_free);
	image_clear(&context->image);
	guests_free(context);
	configured_free(context);
	g_clear_pointer(&context->facts, facts_free);
	g_clear_pointer(&context->live, root_free);
	g_clear_pointer(&context->run, run_free);
	g_clear_pointer(&context->progress, progress_free);
	g_clear_pointer(&context->waiter, waiter_free);
	g_free(context->tool_path);
}

static gboolean go(RunContext *context, Run **ret_run, char **ret_bundle, GError **error)
{
	g_autoptr(GError) interruption = NULL;
	gboolean captured;

	if (!prepare(context, error))
		return FALSE;
	if (!measure(context, &interruption)) {
		const char *hint = lathe_error_get_hint(interruption);

		context->run->interrupted = g_strdup(interruption->message);
		progress_end(context->progress);
		progress_note(context->progress, "%s", interruption->message);
		if (hint)
			progress_note(context->progress, "hint: %s", hint);
	}
	waiter_reset(context->waiter);
	boot_end(context);
	/* The host as it was measured, and then as it was before. */
	captured = validate_host_after(context, error);
	tuning_look(context);
	tuning_end(context);
	if (!captured || !close_bundle(context, error)) {
		g_prefix_error(error, "write the bundle %s: ", bundle_path(context->bundle));
		return FALSE;
	}
	*ret_bundle = g_strdup(bundle_path(context->bundle));
	*ret_run = g_steal_pointer(&context->run);
	return TRUE;
}

gboolean qualify(const QualifyOptions *options, Run **ret_run, char **ret_bundle,
		 GError **error)
{
	RunContext context = {
		.options = options,
		.profile = options->profile,
		.start_us = g_get_monotonic_time(),
	};
	g_autoptr(Lock) lock = NULL;
	gsize size = CPU_ALLOC_SIZE(CPUSET_CPUS);
	g_autofree cpu_set_t *before = g_malloc0(size);
	gboolean restore, done;

	if (!state_make_directory(options->state->run, error) ||
	    !state_make_directory(options->state->cache, error))
		return FALSE;
	lock = lock_take(options->state->run, error);
	if (!lock)
		return FALSE;
	restore = sched_getaffinity(0, size, before) == 0;
	hypervisor_init();
	context.waiter = waiter_new();
	waiter_watch_signals(context.waiter);
	context.progress = progress_new();
	context.run = run_new();
	context.guests = g_ptr_array_new();
	describe_start(context.run, options->lathe_version);
	done = go(&context, ret_run, ret_bundle, error);
	context_clear(&context);
	if (restore)
		sched_setaffinity(0, size, before);
	return done;
}
