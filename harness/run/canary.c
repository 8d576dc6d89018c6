/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "canary.h"

#include "boot.h"
#include "canary_size.h"
#include "error.h"
#include "hold.h"
#include "measurement.h"

/* Between the end of the hold and the end of the window: for a late wake-up to be counted. */
#define MARGIN_NS (500 * G_GINT64_CONSTANT(1000000))

/* For tests: LATHE_TEST_FAULT=no-canary-hold lets the time pass without holding anybody. The
 * verdict can only get worse by it. */
#define FAULT_VARIABLE "LATHE_TEST_FAULT"
#define FAULT_NO_HOLD  "no-canary-hold"

/* Two runs of the tool, not one: each window then has its own exact maximum, in the tool's own
 * two outputs, for the judge to read again. In one run the quiet maximum would be what a
 * snapshot said of it, and the hold would hide it in the end. */

typedef struct {
	RunContext *context;
	RunCanary *canary;
	gboolean tried; /* to hold the vCPU */
	gboolean late;	/* the window was nearly over before all threads had a sample */
} Watched;

/* An RT vCPU that owns its CPU, or else the first one. */
static guint choose_vcpu(const Plan *plan)
{
	CPUSET_FOREACH(vcpu, &plan->guest_rt)
		if (!plan->vcpus[vcpu].shares)
			return (guint)vcpu;
	return (guint)cpuset_next(&plan->guest_rt, 0);
}

static RunStage *begin_window(RunContext *context, RunStage *window, const char *kind,
			      guint64 duration_s)
{
	window->name = g_strdup_printf("canary/%s-%u", kind, context->run->canary.attempts);
	window->where = g_strdup("guest");
	window->duration_s = duration_s;
	window->interval_us = context->profile->interval_us;
	return window;
}

static gboolean measure(Measurement *measurement, GError **error)
{
	return measurement_start(measurement, error) && measurement_watch(measurement, error) &&
	       measurement_fetch(measurement, error);
}

static gint64 largest_ns(const RunStage *window)
{
	gint64 max_ns = 0;

	for (guint i = 0; i < window->threads->len; i++)
		max_ns = MAX(max_ns, ((const RunThread *)window->threads->pdata[i])->max_ns);
	return max_ns;
}

static gboolean reading_is_due(const Measurement *measurement)
{
	const gboolean *taken = measurement->owner;

	return !*taken && measurement->first_sample_us;
}

/* Into guest/canary/quiet-N: what the measuring threads are, and when they began. */
static gboolean take_reading(Measurement *measurement, GError **error)
{
	gboolean *taken = measurement->owner;
	g_autofree char *directory =
		g_build_filename(bundle_path(measurement->context->bundle), "guest",
				 measurement->stage->name, NULL);

	*taken = TRUE;
	return measurement_read_proc(measurement, directory, error);
}

static gboolean look_at_quiet(RunContext *context, GError **error)
{
	RunCanary *canary = &context->run->canary;
	gboolean emulated = context->spec.accel != ACCEL_KVM;
	gboolean taken = FALSE;
	Measurement measurement;
	gboolean done;

	measurement_init(&measurement, context,
			 begin_window(context, &canary->quiet, "quiet",
				      canary_quiet_s(context->profile->interval_us)));
	measurement.owner = &taken;
	measurement.is_due = reading_is_due;
	measurement.act = take_reading;
	done = measure(&measurement, error);
	measurement_clear(&measurement);
	if (done)
		canary->size_ns = canary_size_ns(largest_ns(&canary->quiet), emulated);
	return done;
}

static gboolean hold_by(Watched *watched, HoldMethod method, GError **error)
{
	RunContext *context = watched->context;
	RunCanary *canary = watched->canary;
	const PlanVcpu *vcpu = &context->plan->vcpus[canary->vcpu];
	gboolean fault = g_strcmp0(g_getenv(FAULT_VARIABLE), FAULT_NO_HOLD) == 0;
	Hold hold = {
		.method = fault ? HOLD_NOTHING : method,
		.cpu = vcpu->cpu,
		.priority = vcpu->fifo_priority + 1,
		.length_ns = canary_hold_ns(canary->size_ns, context->profile->interval_us),
	};
	Held held;

	g_free(canary->method);
	canary->method = g_strdup(method == HOLD_FIFO ? "fifo" : "ptrace");
	if (!vm_vcpu_thread(context->vm, context->live, context->plan, canary->vcpu, &hold.tid,
			    error) ||
	    !hold_vcpu(context->waiter, &hold, &held, error))
		return FALSE;
	canary->held_ns = held.held_ns;
	canary->largest_hole_ns = held.largest_hole_ns;
	return TRUE;
}

/* A spinner would take the CPU from whoever shares it as well; and one that would spin for
 * longer than real-time throttling allows is none. */
static gboolean can_spin(const Watched *watched)
{
	const RunContext *context = watched->context;
	const PlanVcpu *vcpu = &context->plan->vcpus[watched->canary->vcpu];

	return !vcpu->shares && vcpu->fifo_priority > 0 &&
	       canary_hold_ns(watched->canary->size_ns, context->profile->interval_us) <=
		       CANARY_SIZE_MAX_NS;
}

/* Not being able to is the judge's business, as long as the run goes on. */
static gboolean hold_it(Measurement *measurement, GError **error)
{
	Watched *watched = measurement->owner;
	g_autoptr(GError) cause = NULL;

	watched->tried = TRUE;
	if (can_spin(watched) && hold_by(watched, HOLD_FIFO, &cause))
		return TRUE;
	if (!cause || g_error_matches(cause, LATHE_ERROR, LATHE_ERROR_ENVIRONMENT)) {
		g_clear_error(&cause);
		if (hold_by(watched, HOLD_PTRACE, &cause))
			return TRUE;
	}
	if (waiter_cancelled(measurement->context->waiter)) {
		g_propagate_error(error, g_steal_pointer(&cause));
		return FALSE;
	}
	watched->canary->problem = g_strdup(cause->message);
	return TRUE;
}

/* How much of the window is left at least: the tool counts from a later instant. */
static gint64 left_ns(const Measurement *measurement)
{
	return (gint64)measurement->stage->duration_s * 1000000000 -
	       (g_get_monotonic_time() - measurement->started_us) * 1000;
}

/* Once every thread has a sample: a window that has begun, not a tool that starts. */
static gboolean hold_is_due(const Measurement *measurement)
{
	Watched *watched = measurement->owner;

	if (watched->tried || watched->late)
		return FALSE;
	for (guint i = 0; i < measurement->n_threads; i++)
		if (!measurement->threads[i].seen)
			return FALSE;
	watched->late =
		left_ns(measurement) < canary_hold_ns(watched->canary->size_ns,
						      measurement->stage->interval_us) +
					       MARGIN_NS;
	return !watched->late;
}

static void compare(RunCanary *canary)
{
	canary->right = TRUE;
	for (guint i = 0; i < canary->held.threads->len; i++) {
		const RunThread *thread = canary->held.threads->pdata[i];

		if (thread->vcpu == canary->vcpu)
			canary->seen = thread->max_ns >= canary->size_ns;
		else if (thread->max_ns >= canary->size_ns / 2)
			canary->right = FALSE;
	}
	canary->right &= canary->seen;
}

static gboolean look_at_held(Watched *watched, GError **error)
{
	RunContext *context = watched->context;
	RunCanary *canary = watched->canary;
	Measurement measurement;
	gboolean done;

	measurement_init(&measurement, context,
			 begin_window(context, &canary->held, "held",
				      canary_held_s(context->profile->interval_us,
						    canary->attempts)));
	measurement.owner = watched;
	measurement.is_due = hold_is_due;
	measurement.act = hold_it;
	done = measure(&measurement, error);
	measurement_clear(&measurement);
	if (!done)
		return FALSE;
	if (!watched->tried)
		canary->problem = g_strdup("the guest's progress came too late to hold the vCPU "
					   "while it was measured");
	compare(canary);
	return TRUE;
}

/* *again: what went wrong may be a moment's noise. A canary that was held and not seen is not
 * tried again: an instrument that is blind half of the time is blind. */
static gboolean try_once(RunContext *context, gboolean *again, GError **error)
{
	RunCanary *canary = &context->run->canary;
	Watched watched = {.context = context, .canary = canary};

	canary->attempts++;
	run_canary_reset(canary);
	canary->vcpu = choose_vcpu(context->plan);
	if (!look_at_quiet(context, error))
		return FALSE;
	if (canary->size_ns > CANARY_SIZE_MAX_NS) {
		canary->problem = g_strdup("the quiet window was not quiet");
		canary->size_ns = 0;
		*again = TRUE;
		return TRUE;
	}
	if (!look_at_held(&watched, error))
		return FALSE;
	*again = !watched.tried || (canary->seen && !canary->right);
	return TRUE;
}

gboolean canary_run(RunContext *context, GError **error)
{
	RunCanary *canary = &context->run->canary;
	gboolean again = TRUE;

	progress_note(context->progress, "canary: holding a vCPU to see whether the guest shows it");
	while (again && canary->attempts < CANARY_ATTEMPTS_MAX) {
		again = FALSE;
		if (!try_once(context, &again, error)) {
			boot_explain(context, error);
			return FALSE;
		}
	}
	if (!canary->right)
		progress_note(context->progress,
			      "canary: the guest did not show it as it must: the run can only be "
			      "INCONCLUSIVE");
	return TRUE;
}
