/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot_spec.h"
#include "configured.h"
#include "console.h"
#include "describe.h"
#include "error.h"
#include "guest.h"
#include "proc.h"
#include "validate.h"
#include "wire.h"

/* A guest under KVM speaks within seconds; one that has not after this long is the KVM whose
 * proof passed although real guests hang. */
#define KVM_BOOT_TIMEOUT_S 60
#define CAPTURE_TIMEOUT_MS   60000
#define POWER_OFF_TIMEOUT_MS 5000
#define EXPLAIN_TIMEOUT_MS   3000

/* A quiet guest writes a few hundred bytes; a kernel with all its messages 100 KiB. */
#define CONSOLE_BYTES_MAX (64 << 20)

static void on_stopped(const char *why, gpointer data)
{
	Guest *guest = data;
	g_autofree char *trouble =
		guest->console_log ? console_trouble(guest->console_log) : NULL;
	g_autofree char *whose = guest_whose(guest);

	g_free(guest->stopped);
	guest->stopped = g_strdup_printf("%sthe guest stopped (%s)%s%s", whose, why,
					 trouble ? "; its console says: " : "",
					 trouble ? trouble : "");
	waiter_cancel(guest->context->waiter,
		      g_error_new(LATHE_ERROR, LATHE_ERROR_GUEST, "%s", guest->stopped));
}

static const char *why_stopped(const RunContext *context)
{
	for (guint i = 0; i < context->guests->len; i++)
		if (guest_at(context, i)->stopped)
			return guest_at(context, i)->stopped;
	return NULL;
}

static gboolean is_explained(gpointer data)
{
	return why_stopped(data) != NULL;
}

static gboolean any_runs(const RunContext *context)
{
	for (guint i = 0; i < context->guests->len; i++)
		if (guest_at(context, i)->vm)
			return TRUE;
	return FALSE;
}

void boot_explain(RunContext *context, GError **error)
{
	g_autoptr(GError) first = NULL;
	const char *why;

	if (!any_runs(context) || waiter_signal(context->waiter) ||
	    !g_error_matches(*error, LATHE_ERROR, LATHE_ERROR_GUEST) ||
	    !waiter_until_teardown(context->waiter, EXPLAIN_TIMEOUT_MS, is_explained, context))
		return;
	why = why_stopped(context);
	if (strstr((*error)->message, why))
		return;
	first = g_steal_pointer(error);
	lathe_error(error, LATHE_ERROR_GUEST, "%s (%s)", why, first->message);
}

/* A guest that writes without end must not fill the host's disk. */
static gboolean watch_console(gpointer data)
{
	Guest *guest = data;
	g_autofree char *whose = guest_whose(guest);
	struct stat st;

	if (stat(guest->console_log, &st) != 0 || st.st_size <= CONSOLE_BYTES_MAX)
		return G_SOURCE_CONTINUE;
	waiter_cancel(guest->context->waiter,
		      g_error_new(LATHE_ERROR, LATHE_ERROR_GUEST,
				  "%sthe guest wrote more than %d MiB to its console", whose,
				  CONSOLE_BYTES_MAX >> 20));
	guest->console_watch = 0;
	return G_SOURCE_REMOVE;
}

/* The definition, what libvirt made of it, and what QEMU was given. */
static gboolean store_domain(Guest *guest, GError **error)
{
	g_autofree char *live = vm_live_xml(guest->vm, error);
	g_auto(GStrv) argv = NULL;
	g_autofree char *joined = NULL;

	if (!live || !guest_write(guest, "vm", "domain-live.xml", live, strlen(live), error))
		return FALSE;
	argv = proc_argv(guest->context->live, vm_pid(guest->vm), error);
	if (!argv)
		return FALSE;
	joined = g_strjoinv("\n", argv);
	return guest_write(guest, "vm", "qemu.argv", joined, strlen(joined), error);
}

static gboolean start_domain(Guest *guest, GError **error)
{
	g_autofree char *defined = guest->config ? configured_xml(guest, error)
						 : domain_xml_new(&guest->spec, error);

	if (!defined ||
	    !guest_write(guest, "vm", "domain-defined.xml", defined, strlen(defined), error))
		return FALSE;
	guest->boot_us = g_get_monotonic_time();
	guest->vm = vm_create(guest->context->hypervisor, defined, error);
	if (!guest->vm)
		return FALSE;
	vm_on_stopped(guest->vm, on_stopped, guest);
	if (guest->console_log)
		guest->console_watch = g_timeout_add_seconds(1, watch_console, guest);
	return store_domain(guest, error);
}

static gboolean greet_agent(Guest *guest, guint timeout_s, GError **error)
{
	Channel *channel = vm_open_channel(guest->vm, WIRE_PORT, error);

	if (!channel)
		return FALSE;
	guest->session = session_new(channel, guest->context->waiter);
	g_clear_pointer(&guest->record->agent, g_free);
	if (session_hello(guest->session, timeout_s * 1000, &guest->record->agent, error))
		return TRUE;
	if (g_error_matches(*error, LATHE_ERROR, LATHE_ERROR_TIMEOUT)) {
		g_autofree char *last = console_last_line(guest->console_log);

		g_prefix_error(error, "the guest's agent never answered: ");
		lathe_error_hint(error, "the guest's console ends in: %s",
				 last ? last : "(nothing was printed)");
	}
	return FALSE;
}

static gboolean capture_guest(Guest *guest, GError **error)
{
	g_autofree char *directory = guest_path(guest, "guest", "before");
	g_autoptr(Root) root = NULL;
	g_autoptr(Facts) facts = NULL;

	if (!session_capture(guest->session, facts_files, directory, CAPTURE_TIMEOUT_MS, error))
		return FALSE;
	root = root_open_captured(directory, error);
	if (!root)
		return FALSE;
	facts = facts_read(root);
	describe_machine(&guest->record->guest, facts);
	return TRUE;
}

/* A thread that is away from its place now would be away for hours. */
static gboolean check_places(Guest *guest, GError **error)
{
	const Root *live = guest->context->live;
	g_autoptr(GPtrArray) places = run_places_new();

	if (!vm_move_workers(guest->vm, live, guest->plan, error) ||
	    !vm_read_places(guest->vm, live, guest->plan, places, error))
		return FALSE;
	note_strays(guest, places, "after boot");
	return TRUE;
}

/* What was asked for is an intent: QEMU's VmLck is the fact. */
static gboolean check_memory_lock(Guest *guest, GError **error)
{
	guint64 guest_kib = (guint64)guest->memory_mib * 1024;
	ProcMemory memory;

	if (!guest->spec.lock_memory)
		return TRUE;
	if (!proc_memory_read(guest->context->live, vm_pid(guest->vm), &memory, error))
		return FALSE;
	if (memory.locked_kib < guest_kib)
		run_deviate(guest->context->run, guest->record,
			    "QEMU has locked %" G_GUINT64_FORMAT " KiB of memory, the guest has %"
			    G_GUINT64_FORMAT " KiB", memory.locked_kib, guest_kib);
	return TRUE;
}

static gboolean try_boot(Guest *guest, guint timeout_s, GError **error)
{
	g_autofree char *whose = guest_whose(guest);

	progress_note(guest->context->progress, "%sbooting the guest (%s: %s)", whose,
		      accel_name(guest->spec.accel), guest->record->accel_reason);
	g_clear_pointer(&guest->stopped, g_free);
	if (start_domain(guest, error) &&
	    (!guest->image || greet_agent(guest, timeout_s, error)))
		return TRUE;
	boot_explain(guest->context, error);
	return FALSE;
}

static void forget_vm(Guest *guest)
{
	g_clear_handle_id(&guest->console_watch, g_source_remove);
	g_clear_pointer(&guest->session, session_free);
	g_clear_pointer(&guest->vm, vm_free);
}

static gboolean another_stopped(const Guest *guest)
{
	const RunContext *context = guest->context;

	for (guint i = 0; i < context->guests->len; i++)
		if (guest_at(context, i) != guest && guest_at(context, i)->stopped)
			return TRUE;
	return FALSE;
}

/* The proof is necessary, not sufficient: design.md §6 wants the guest up as well. */
static gboolean fall_back_to_tcg(Guest *guest, GError **error)
{
	RunContext *context = guest->context;
	g_autofree char *kvm = NULL;
	g_autofree char *failure = NULL;

	/* The end of another guest says nothing about KVM. */
	if (waiter_signal(context->waiter) || another_stopped(guest))
		return FALSE;
	kvm = g_steal_pointer(&guest->record->accel_reason);
	failure = g_strdup((*error)->message);
	g_clear_error(error);
	forget_vm(guest);
	waiter_reset(context->waiter);
	guest->spec.accel = ACCEL_TCG;
	guest->record->accel_reason =
		g_strdup_printf("KVM passed its proof (%s), but its guest did not come up: %s", kvm,
				failure);
	return try_boot(guest, context->options->boot_timeout_s, error);
}

static gboolean boot_one(Guest *guest, GError **error)
{
	const QualifyOptions *options = guest->context->options;
	/* A defined domain runs on what it is defined for. */
	gboolean automatic = options->accel == ACCEL_CHOICE_AUTO &&
			     !(guest->config && guest->config->definition);
	guint timeout_s = options->boot_timeout_s;
	gboolean up;

	if (!boot_spec_choose_accel(guest, error) || !boot_spec_fill(guest, error))
		return FALSE;
	if (automatic && guest->spec.accel == ACCEL_KVM)
		timeout_s = MIN(timeout_s, KVM_BOOT_TIMEOUT_S);
	up = try_boot(guest, timeout_s, error) ||
	     (automatic && guest->spec.accel == ACCEL_KVM && fall_back_to_tcg(guest, error));
	g_free(guest->record->accel);
	guest->record->accel = g_strdup(accel_name(guest->spec.accel));
	if (!up || (guest_is_rt(guest) && !capture_guest(guest, error))) {
		boot_end(guest->context);
		return FALSE;
	}
	return check_places(guest, error) && check_memory_lock(guest, error);
}

gboolean boot_guests(RunContext *context, GError **error)
{
	for (guint i = 0; i < context->guests->len; i++) {
		Guest *guest = guest_at(context, i);

		if (boot_one(guest, error))
			continue;
		guest_name_error(guest, error);
		return FALSE;
	}
	context->run->timing.boot_ms =
		(g_get_monotonic_time() - guest_at(context, 0)->boot_us) / 1000;
	return TRUE;
}

static gboolean check_argv(Guest *guest, GError **error)
{
	g_autoptr(GPtrArray) deviations = g_ptr_array_new_with_free_func(g_free);

	if (guest->config ? !configured_check_argv(guest, deviations, error)
			  : !vm_check_argv(guest->vm, guest->context->live, &guest->spec, deviations,
					   error))
		return FALSE;
	for (guint i = 0; i < deviations->len; i++)
		run_deviate(guest->context->run, guest->record, "%s",
			    (const char *)deviations->pdata[i]);
	return TRUE;
}

gboolean boot_validate(RunContext *context, GError **error)
{
	for (guint i = 0; i < context->guests->len; i++) {
		Guest *guest = guest_at(context, i);

		if ((!guest_is_rt(guest) ||
		     (validate_guest(guest, error) && validate_vm(guest, error))) &&
		    check_argv(guest, error))
			continue;
		guest_name_error(guest, error);
		return FALSE;
	}
	return TRUE;
}

static gboolean have_stopped(gpointer data)
{
	const RunContext *context = data;

	for (guint i = 0; i < context->guests->len; i++) {
		const Guest *guest = guest_at(context, i);

		if (guest->session && vm_is_running(guest->vm))
			return FALSE;
	}
	return TRUE;
}

/* From here on a stopped guest is what we want, not a reason. */
static gboolean ask_to_end(Guest *guest)
{
	vm_on_stopped(guest->vm, NULL, NULL);
	return guest->session && vm_is_running(guest->vm) && session_quit(guest->session, NULL);
}

void boot_end(RunContext *context)
{
	gboolean asked = FALSE;

	if (!context->guests)
		return;
	for (guint i = 0; i < context->guests->len; i++)
		if (guest_at(context, i)->vm)
			asked |= ask_to_end(guest_at(context, i));
	if (asked)
		waiter_until_teardown(context->waiter, POWER_OFF_TIMEOUT_MS, have_stopped, context);
	for (guint i = 0; i < context->guests->len; i++)
		forget_vm(guest_at(context, i));
}
