/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accel.h"
#include "console.h"
#include "describe.h"
#include "error.h"
#include "kvm.h"
#include "proc.h"
#include "topology.h"
#include "trees.h"
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

/* QEMU's own memory beside the guest's, in MiB: what <locked/> would lock as well. */
#define QEMU_OVERHEAD_MIB 512

static void on_stopped(const char *why, gpointer data)
{
	RunContext *context = data;
	g_autofree char *trouble = console_trouble(context->console_log);

	g_free(context->stopped);
	context->stopped = trouble ? g_strdup_printf("the guest stopped (%s); its console says: %s",
						     why, trouble)
				   : g_strdup_printf("the guest stopped (%s)", why);
	waiter_cancel(context->waiter, g_error_new(LATHE_ERROR, LATHE_ERROR_GUEST, "%s",
						   context->stopped));
}

static gboolean is_explained(gpointer data)
{
	return ((RunContext *)data)->stopped != NULL;
}

void boot_explain(RunContext *context, GError **error)
{
	g_autoptr(GError) first = NULL;

	if (!context->vm || waiter_signal(context->waiter) ||
	    !g_error_matches(*error, LATHE_ERROR, LATHE_ERROR_GUEST) ||
	    !waiter_until_teardown(context->waiter, EXPLAIN_TIMEOUT_MS, is_explained, context) ||
	    strstr((*error)->message, context->stopped))
		return;
	first = g_steal_pointer(error);
	lathe_error(error, LATHE_ERROR_GUEST, "%s (%s)", context->stopped, first->message);
}

static void choose_accel(RunContext *context)
{
	Run *run = context->run;

	if (context->options->accel == ACCEL_CHOICE_TCG) {
		context->spec.accel = ACCEL_TCG;
		run->accel_reason = g_strdup("asked for with --accel tcg");
	} else if (context->options->accel == ACCEL_CHOICE_KVM) {
		context->spec.accel = ACCEL_KVM;
		run->accel_reason = g_strdup("asked for with --accel kvm, not proven");
	} else {
		context->spec.accel =
			accel_proven(bundle_path(context->bundle), &run->accel_reason);
	}
}

static void choose_memory_lock(RunContext *context)
{
	guint64 bytes = ((guint64)context->profile->memory_mib + QEMU_OVERHEAD_MIB) << 20;
	g_autofree char *why_not = NULL;

	context->spec.lock_memory = memory_lock_allowed(bytes, &why_not);
	g_free(context->run->memory_locked);
	context->run->memory_locked = context->spec.lock_memory
					      ? g_strdup("yes")
					      : g_strdup_printf("no: %s", why_not);
}

/* Where the host has several NUMA nodes, those of the CPUs that vCPUs were planned on. */
static void choose_memory_nodes(RunContext *context)
{
	g_autoptr(Topology) topology = topology_read(context->live, NULL);
	Cpuset cpus = plan_rt_cpus(context->plan);
	Cpuset nodes = {0};

	if (!topology || topology->nodes->len < 2)
		return;
	CPUSET_FOREACH (cpu, &cpus) {
		const TopologyCpu *found = topology_cpu(topology, (guint)cpu);
		const TopologyNode *node = found ? found->node : NULL;

		/* A node without memory has none to give; pinning.numatune then says so. */
		if (!node || !node->memory_known || node->memory_bytes == 0)
			return;
		cpuset_add(&nodes, node->number);
	}
	context->spec.memory_nodes = nodes;
}

/* quiet: printk to an emulated serial port stalls the vCPU that prints. panic=-1 reboots at
 * once, which ends the domain: a panicked guest is noticed, not waited for. */
static char *guest_cmdline(const RunContext *context)
{
	g_autofree char *isolation = plan_guest_cmdline(context->plan);
	const char *more = context->profile->guest_cmdline;

	return g_strdup_printf("console=ttyS0 panic=-1 quiet loglevel=4 "
			       "cryptomgr.notests=1 %s%s%s",
			       isolation, *more ? " " : "", more);
}

static gboolean fill_spec(RunContext *context, GError **error)
{
	VmSpec *spec = &context->spec;

	context->domain_name = g_strdup_printf("lathe-%d", getpid());
	context->cmdline = guest_cmdline(context);
	context->console_log = bundle_file(context->bundle, "guest/console.log", error);
	if (!context->console_log)
		return FALSE;
	spec->name = context->domain_name;
	spec->plan = context->plan;
	spec->memory_mib = context->profile->memory_mib;
	spec->kernel = context->image.kernel;
	spec->initrd = context->image.initrd;
	spec->cmdline = context->cmdline;
	spec->console_log = context->console_log;
	spec->owner_pid = getpid();
	choose_memory_lock(context);
	choose_memory_nodes(context);
	return proc_start_ticks(context->live, getpid(), &spec->owner_start_ticks, error);
}

/* A guest that writes without end must not fill the host's disk. */
static gboolean watch_console(gpointer data)
{
	RunContext *context = data;
	struct stat st;

	if (stat(context->console_log, &st) != 0 || st.st_size <= CONSOLE_BYTES_MAX)
		return G_SOURCE_CONTINUE;
	waiter_cancel(context->waiter,
		      g_error_new(LATHE_ERROR, LATHE_ERROR_GUEST,
				  "the guest wrote more than %d MiB to its console",
				  CONSOLE_BYTES_MAX >> 20));
	context->console_watch = 0;
	return G_SOURCE_REMOVE;
}

static gboolean start_domain(RunContext *context, GError **error)
{
	g_autofree char *defined = domain_xml_new(&context->spec, error);
	g_autofree char *live = NULL;
	g_auto(GStrv) argv = NULL;
	g_autofree char *joined = NULL;

	if (!defined || !bundle_write(context->bundle, "vm/domain-defined.xml", defined,
				      strlen(defined), error))
		return FALSE;
	context->boot_us = g_get_monotonic_time();
	context->vm = vm_create(context->hypervisor, defined, error);
	if (!context->vm)
		return FALSE;
	vm_on_stopped(context->vm, on_stopped, context);
	context->console_watch = g_timeout_add_seconds(1, watch_console, context);
	live = vm_live_xml(context->vm, error);
	if (!live || !bundle_write(context->bundle, "vm/domain-live.xml", live, strlen(live), error))
		return FALSE;
	argv = proc_argv(context->live, vm_pid(context->vm), error);
	if (!argv)
		return FALSE;
	joined = g_strjoinv("\n", argv);
	return bundle_write(context->bundle, "vm/qemu.argv", joined, strlen(joined), error);
}

static gboolean greet_agent(RunContext *context, guint timeout_s, GError **error)
{
	Channel *channel = vm_open_channel(context->vm, WIRE_PORT, error);

	if (!channel)
		return FALSE;
	context->session = session_new(channel, context->waiter);
	g_clear_pointer(&context->run->versions.agent, g_free);
	if (session_hello(context->session, timeout_s * 1000, &context->run->versions.agent, error))
		return TRUE;
	if (g_error_matches(*error, LATHE_ERROR, LATHE_ERROR_TIMEOUT)) {
		g_autofree char *last = console_last_line(context->console_log);

		g_prefix_error(error, "the guest's agent never answered: ");
		lathe_error_hint(error, "the guest's console ends in: %s",
				 last ? last : "(nothing was printed)");
	}
	return FALSE;
}

static void describe_guest(RunContext *context, const Facts *facts)
{
	RunMachine *guest = &context->run->guest;

	guest->name = g_strdup(context->domain_name);
	guest->hostname = g_strdup(facts->hostname);
	guest->kernel_release = g_strdup(facts->kernel_release);
	guest->kernel_version = g_strdup(facts->kernel_version);
	guest->cmdline = g_strdup(facts->cmdline);
	guest->cpu_model = g_strdup(facts->cpu_model);
	guest->clocksource = g_strdup(facts->clocksource);
	guest->realtime = g_strdup(known_name(facts->realtime));
	guest->cpus_online = facts->online_known ? cpuset_count(&facts->online) : 0;
	guest->isolated = facts->isolated_known ? cpulist_format(&facts->isolated) : NULL;
	context->run->versions.guest_kernel = g_strdup(facts->kernel_release);
}

static gboolean capture_guest(RunContext *context, GError **error)
{
	g_autofree char *directory =
		g_build_filename(bundle_path(context->bundle), TREE_GUEST, NULL);
	g_autoptr(Root) root = NULL;
	g_autoptr(Facts) facts = NULL;

	if (!session_capture(context->session, facts_files, directory, CAPTURE_TIMEOUT_MS, error))
		return FALSE;
	root = root_open_captured(directory, error);
	if (!root)
		return FALSE;
	facts = facts_read(root);
	describe_guest(context, facts);
	return TRUE;
}

/* A thread that is away from its place now would be away for hours. */
static gboolean check_places(RunContext *context, GError **error)
{
	g_autoptr(GPtrArray) places = run_places_new();

	if (!vm_move_workers(context->vm, context->live, context->plan, error) ||
	    !vm_read_places(context->vm, context->live, context->plan, places, error))
		return FALSE;
	note_strays(context->run, places, "after boot");
	return TRUE;
}

/* What was asked for is an intent: QEMU's VmLck is the fact. */
static gboolean check_memory_lock(RunContext *context, GError **error)
{
	guint64 guest_kib = (guint64)context->profile->memory_mib * 1024;
	ProcMemory memory;

	if (!context->spec.lock_memory)
		return TRUE;
	if (!proc_memory_read(context->live, vm_pid(context->vm), &memory, error))
		return FALSE;
	if (memory.locked_kib < guest_kib)
		run_note(context->run->deviations,
			 "QEMU has locked %" G_GUINT64_FORMAT " KiB of memory, the guest has %"
			 G_GUINT64_FORMAT " KiB", memory.locked_kib, guest_kib);
	return TRUE;
}

static gboolean try_boot(RunContext *context, guint timeout_s, GError **error)
{
	progress_note(context->progress, "booting the guest (%s: %s)",
		      accel_name(context->spec.accel), context->run->accel_reason);
	g_clear_pointer(&context->stopped, g_free);
	if (start_domain(context, error) && greet_agent(context, timeout_s, error))
		return TRUE;
	boot_explain(context, error);
	return FALSE;
}

static void forget_vm(RunContext *context)
{
	g_clear_handle_id(&context->console_watch, g_source_remove);
	g_clear_pointer(&context->session, session_free);
	g_clear_pointer(&context->vm, vm_free);
}

/* The proof is necessary, not sufficient: design.md §6 wants the guest up as well. */
static gboolean fall_back_to_tcg(RunContext *context, GError **error)
{
	g_autofree char *kvm = g_steal_pointer(&context->run->accel_reason);
	g_autofree char *failure = g_strdup((*error)->message);

	if (waiter_signal(context->waiter))
		return FALSE;
	g_clear_error(error);
	forget_vm(context);
	waiter_reset(context->waiter);
	context->spec.accel = ACCEL_TCG;
	context->run->accel_reason =
		g_strdup_printf("KVM passed its proof (%s), but its guest did not come up: %s", kvm,
				failure);
	return try_boot(context, context->options->boot_timeout_s, error);
}

gboolean boot_guest(RunContext *context, GError **error)
{
	gboolean automatic = context->options->accel == ACCEL_CHOICE_AUTO;
	guint timeout_s = context->options->boot_timeout_s;
	gboolean up;

	choose_accel(context);
	if (!fill_spec(context, error))
		return FALSE;
	if (automatic && context->spec.accel == ACCEL_KVM)
		timeout_s = MIN(timeout_s, KVM_BOOT_TIMEOUT_S);
	up = try_boot(context, timeout_s, error) ||
	     (automatic && context->spec.accel == ACCEL_KVM && fall_back_to_tcg(context, error));
	g_free(context->run->accel);
	context->run->accel = g_strdup(accel_name(context->spec.accel));
	if (!up || !capture_guest(context, error)) {
		boot_end(context);
		return FALSE;
	}
	if (!check_places(context, error) || !check_memory_lock(context, error))
		return FALSE;
	context->run->timing.boot_ms = (g_get_monotonic_time() - context->boot_us) / 1000;
	return TRUE;
}

gboolean boot_validate(RunContext *context, GError **error)
{
	return validate_guest(context, error) && validate_vm(context, error) &&
	       vm_check_argv(context->vm, context->live, &context->spec,
			     context->run->deviations, error);
}

static gboolean has_stopped(gpointer data)
{
	return !vm_is_running(data);
}

void boot_end(RunContext *context)
{
	if (!context->vm)
		return;
	/* From here on a stopped guest is what we want, not a reason. */
	vm_on_stopped(context->vm, NULL, NULL);
	if (context->session && vm_is_running(context->vm) &&
	    session_quit(context->session, NULL))
		waiter_until_teardown(context->waiter, POWER_OFF_TIMEOUT_MS, has_stopped,
				      context->vm);
	forget_vm(context);
}
