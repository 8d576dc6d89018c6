/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "canary.h"

#include "boot.h"
#include "canary_size.h"
#include "error.h"
#include "guest.h"
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
	Guest *guest;
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

static void begin_window(Guest *guest, RunWindow *window, const char *kind, guint64 duration_s)
{
	RunStage *stage = &window->stage;

	stage->name = g_strdup_printf("canary/%s-%u", kind, guest->record->canary.attempts);
	stage->where = g_strdup("guest");
	stage->duration_s = duration_s;
	stage->interval_us = guest->context->profile->interval_us;
	stage->planned_samples = duration_s * 1000000 / stage->interval_us;
}

static gboolean measure(Measurement *measurement, GError **error)
{
	return measurement_start(measurement, error) &&
	       measurements_watch(&measurement, 1, error) && measurement_fetch(measurement, error);
}

static gint64 largest_ns(const RunMeasured *measured)
{
	gint64 max_ns = 0;

	for (guint i = 0; i < measured->threads->len; i++)
		max_ns = MAX(max_ns, ((const RunThread *)measured->threads->pdata[i])->max_ns);
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
		guest_path(measurement->guest, "guest", measurement->stage->name);

	*taken = TRUE;
	return measurement_read_proc(measurement, directory, error);
}

static gboolean look_at_quiet(Guest *guest, GError **error)
{
	RunCanary *canary = &guest->record->canary;
	gboolean emulated = guest->spec.accel != ACCEL_KVM;
	gboolean taken = FALSE;
	Measurement measurement;
	gboolean done;

	begin_window(guest, &canary->quiet, "quiet",
		     canary_quiet_s(guest->context->profile->interval_us));
	measurement_init(&measurement, guest, &canary->quiet.stage, &canary->quiet.measured);
	measurement.owner = &taken;
	measurement.is_due = reading_is_due;
	measurement.act = take_reading;
	done = measure(&measurement, error);
	measurement_clear(&measurement);
	if (done)
		canary->size_ns = canary_size_ns(largest_ns(&canary->quiet.measured), emulated);
	return done;
}

static gboolean hold_by(Watched *watched, HoldMethod method, GError **error)
{
	Guest *guest = watched->guest;
	RunContext *context = guest->context;
	RunCanary *canary = watched->canary;
	const PlanVcpu *vcpu = &guest->plan->vcpus[canary->vcpu];
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
	if (!vm_vcpu_thread(guest->vm, context->live, guest->plan, canary->vcpu, &hold.tid,
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
	const Guest *guest = watched->guest;
	const PlanVcpu *vcpu = &guest->plan->vcpus[watched->canary->vcpu];

	return !vcpu->shares && vcpu->fifo_priority > 0 &&
	       canary_hold_ns(watched->canary->size_ns, guest->context->profile->interval_us) <=
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
	if (waiter_cancelled(measurement->guest->context->waiter)) {
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
	for (guint i = 0; i < canary->held.measured.threads->len; i++) {
		const RunThread *thread = canary->held.measured.threads->pdata[i];

		if (thread->vcpu == canary->vcpu)
			canary->seen = thread->max_ns >= canary->size_ns;
		else if (thread->max_ns >= canary->size_ns / 2)
			canary->right = FALSE;
	}
	canary->right &= canary->seen;
}

static gboolean look_at_held(Watched *watched, GError **error)
{
	Guest *guest = watched->guest;
	RunCanary *canary = watched->canary;
	Measurement measurement;
	gboolean done;

	begin_window(guest, &canary->held, "held",
		     canary_held_s(guest->context->profile->interval_us, canary->attempts));
	measurement_init(&measurement, guest, &canary->held.stage, &canary->held.measured);
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
static gboolean try_once(Guest *guest, gboolean *again, GError **error)
{
	RunCanary *canary = &guest->record->canary;
	Watched watched = {.guest = guest, .canary = canary};

	canary->attempts++;
	run_canary_reset(canary);
	canary->vcpu = choose_vcpu(guest->plan);
	if (!look_at_quiet(guest, error))
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

static gboolean run_one(Guest *guest, GError **error)
{
	RunContext *context = guest->context;
	RunCanary *canary = &guest->record->canary;
	g_autofree char *whose = guest_whose(guest);
	gboolean again = TRUE;

	progress_note(context->progress,
		      "%scanary: holding a vCPU to see whether the guest shows it", whose);
	while (again && canary->attempts < CANARY_ATTEMPTS_MAX) {
		again = FALSE;
		if (!try_once(guest, &again, error)) {
			guest_name_error(guest, error);
			boot_explain(context, error);
			return FALSE;
		}
	}
	if (!canary->right)
		progress_note(context->progress,
			      "%scanary: the guest did not show it as it must: the run can only be "
			      "INCONCLUSIVE", whose);
	return TRUE;
}

/* One VM after the other: all at once, a disturbance of one could be taken for another's. */
gboolean canary_run(RunContext *context, GError **error)
{
	for (guint i = 0; i < context->guests->len; i++)
		if (guest_is_rt(guest_at(context, i)) && !run_one(guest_at(context, i), error))
			return FALSE;
	return TRUE;
}
