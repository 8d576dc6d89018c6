/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "start.h"

#include <string.h>

#include "domain_edit.h"
#include "domain_hardware.h"
#include "error.h"
#include "kvm.h"
#include "qemu_process.h"
#include "siblings.h"
#include "start_check.h"
#include "vm_rules.h"

/* One call of fleet_start(). */
typedef struct {
	const Scene *scene;
	const GPtrArray *breaches;
	const VmConfig *vm;
	const VmLayout *layout; /* as it is to run */
	gboolean is_defined;	/* in libvirt */
	char *defined;		/* its XML, or NULL */
	char *xml;		/* what is started instead, or NULL */
	DomainHardware hardware;
	Plan *plan;		/* or NULL: it is bound to no CPU */
	Start *start;
} Work;

static void work_clear(Work *work)
{
	g_free(work->defined);
	g_free(work->xml);
	domain_hardware_clear(&work->hardware);
	plan_free(work->plan);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

void start_free(Start *start)
{
	if (!start)
		return;
	g_clear_error(&start->error);
	g_ptr_array_unref(start->warnings);
	g_ptr_array_unref(start->deviations);
	g_free(start->diff);
	g_free(start);
}

static void add(GPtrArray *sentences, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add(GPtrArray *sentences, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(sentences, g_strdup_vprintf(format, args));
	va_end(args);
}

/* ---- before --------------------------------------------------------------------------- */

static gboolean check_state(Work *work, const DomainInfo *info, GError **error)
{
	if (info && info->state == DOMAIN_RUNNING) {
		work->start->state = START_RUNNING;
		return TRUE;
	}
	work->is_defined = info && info->persistent;
	/* In a demonstration the config is enough: one that breaks rules need not be defined. */
	if (!info && work->scene->demonstration)
		return TRUE;
	if (!work->is_defined) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT, "libvirt has no domain with UUID %s",
			    work->vm->uuid);
		lathe_error_hint(error, "make it one: lathe vm sync-config %s%s",
				 work->scene->demonstration ? "--plan demonstration " : "",
				 work->vm->name);
		return FALSE;
	}
	switch (info->state) {
	case DOMAIN_RUNNING:
	case DOMAIN_SHUT_OFF:
	case DOMAIN_CRASHED:
		return TRUE;
	case DOMAIN_PAUSED:
	case DOMAIN_SHUTTING_DOWN:
	case DOMAIN_OTHER:
		break;
	}
	lathe_error(error, LATHE_ERROR_BUSY, "it cannot be started: it is %s",
		    domain_state_name(info->state));
	if (info->state == DOMAIN_PAUSED)
		lathe_error_hint(error, "let it go on: virsh resume %s; or end it: lathe vm "
				 "shutdown --destroy %s", work->vm->uuid, work->vm->uuid);
	return FALSE;
}

/* A VM that takes CPUs which another one is promised harms that one. */
static gboolean concerns(const Work *work, const Breach *breach)
{
	const VmLayout *other;

	if (!breach->vm || breach->vm == work->vm)
		return TRUE;
	other = vm_layout_find(work->scene->defined, breach->vm);
	return other && breach->vm->rt && cpuset_intersects(&other->owned, &work->layout->owned);
}

/* `first` of `errors` rules that forbid it; one that could not be looked at forbids it as well. */
static gboolean refuse(const Breach *first, guint errors, GError **error)
{
	const char *what = first->unknown ? "a rule could not be looked at" : "a rule is broken";

	if (errors > 1)
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    "%u rules are in the way; the first: %s", errors, first->text);
	else
		lathe_error(error, LATHE_ERROR_ENVIRONMENT, "%s: %s", what, first->text);
	lathe_error_hint(error, "lathe vm validate-config tells all of them, and what to do; "
				"--plan demonstration starts what can work at all, without "
				"SCHED_FIFO on CPUs that are shared");
	return FALSE;
}

static gboolean check_rules(Work *work, GError **error)
{
	const Breach *first = NULL;
	guint errors = 0;

	for (guint i = 0; i < work->breaches->len; i++) {
		const Breach *breach = work->breaches->pdata[i];

		if (breach->level != RULE_ERROR || !concerns(work, breach))
			continue;
		if (!first)
			first = breach;
		errors++;
		if (work->scene->demonstration)
			add(work->start->warnings, "%s%s", breach->unknown ? "unknown: " : "",
			    breach->text);
	}
	return !first || work->scene->demonstration || refuse(first, errors, error);
}

/* What a layout makes of the definition; without one, of nothing. */
static char *apply(const Work *work, const VmLayout *layout, GError **error)
{
	const FleetHost *host = work->scene->host;
	DomainCache cache;
	gboolean known = fleet_host_cache(host, &layout->cpuset, &cache);

	return work->defined
		       ? domain_apply(work->defined, layout, known ? &cache : NULL, error)
		       : domain_new(layout, fleet_host_kvm(host), known ? &cache : NULL, error);
}

static gboolean is_as_configured(Work *work, gboolean *ret, GError **error)
{
	const VmLayout *layout = vm_layout_find(work->scene->defined, work->vm);
	g_autofree char *wanted = apply(work, layout, error);

	return wanted && domain_same(wanted, work->defined, ret, error);
}

/* In a demonstration the config counts: libvirt need not be in line with one that breaks rules. */
static gboolean check_definition(Work *work, GError **error)
{
	gboolean same = FALSE;

	if (work->is_defined)
		work->defined = domains_xml(work->scene->host->hypervisor, work->vm->uuid, FALSE,
					    error);
	if (work->is_defined && !work->defined)
		return FALSE;
	if (work->scene->demonstration)
		return TRUE;
	if (!is_as_configured(work, &same, error))
		return FALSE;
	if (same)
		return TRUE;
	lathe_error(error, LATHE_ERROR_ENVIRONMENT,
		    "libvirt's definition is not what the config says");
	lathe_error_hint(error, "lathe vm sync-config --dry-run %s shows the difference; without "
				"--dry-run it goes into libvirt, with --reverse into the config",
			 work->vm->name);
	return FALSE;
}

/* Only in a demonstration it runs as something else than it is defined. */
static gboolean make_live(Work *work, GError **error)
{
	gboolean same;

	if (!work->scene->demonstration)
		return TRUE;
	work->xml = apply(work, work->layout, error);
	if (work->xml && !work->defined)
		return TRUE;
	if (!work->xml || !domain_same(work->xml, work->defined, &same, error))
		return FALSE;
	if (same)
		g_clear_pointer(&work->xml, g_free);
	return TRUE;
}

/* A KVM that does not work need not say so: its guests hang. */
static gboolean check_kvm(const Work *work, GError **error)
{
	KvmProof proof;

	if (g_strcmp0(work->hardware.type, "kvm") != 0)
		return TRUE;
	proof = kvm_prove();
	if (!proof.works) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    "its domain wants KVM, which does not work here: %s", proof.reason);
		lathe_error_hint(error, "turn on virtualisation in the firmware, or in the "
					"hypervisor of this machine; virsh edit %s with "
					"<domain type='qemu'> makes it an emulated one",
				 work->vm->name);
	}
	g_free(proof.reason);
	return proof.works;
}

static gboolean prepare(Work *work, GError **error)
{
	const char *xml;

	if (!check_rules(work, error) || !check_definition(work, error) || !make_live(work, error))
		return FALSE;
	xml = work->xml ? work->xml : work->defined;
	return domain_read_hardware(xml, &work->hardware, error) &&
	       scene_plan(work->scene, work->vm, &work->plan, error) && check_kvm(work, error);
}

static gboolean tell(Work *work, GError **error)
{
	work->start->state = START_POSSIBLE;
	work->start->undefined = !work->is_defined;
	work->start->diff = work->xml && work->defined
				    ? domain_diff(work->defined, work->xml, work->vm->name, error)
				    : g_strdup("");
	return work->start->diff != NULL;
}

/* ---- it ------------------------------------------------------------------------------- */

/* QEMU tells whether the VM runs, whatever became of libvirt. */
static void undo(Work *work, GError **error)
{
	g_autoptr(GError) trouble = NULL;
	pid_t pid;

	if (!qemu_process_find_uuid(work->scene->host->root, work->vm->uuid, &pid, &trouble)) {
		add(work->start->warnings, "%s", trouble->message);
	} else if (pid != 0) {
		lathe_error_hint(error,
				 "its QEMU (process %d) is there nevertheless, and siblings of its "
				 "CPUs stay offline: once libvirt answers again, lathe vm stat "
				 "tells more, and lathe vm shutdown ends it", pid);
	} else if (!siblings_give_back(work->scene->host->root, work->scene->siblings, work->vm->uuid,
				       work->start->warnings, &trouble)) {
		add(work->start->warnings, "%s", trouble->message);
	}
}

static gboolean look(Work *work, GError **error)
{
	const Started started = {.root = work->scene->host->root,
				 .hardware = &work->hardware,
				 .plan = work->plan,
				 .start = work->start};

	return domains_pid(work->scene->host->hypervisor, work->vm->uuid, &work->start->pid,
			   error) &&
	       start_check(&started, error);
}

static gboolean go(Work *work, GError **error)
{
	const Scene *scene = work->scene;
	gint64 start_us;

	if (!siblings_take(scene->host->root, scene->siblings, work->layout, scene->waiter,
			   work->start->deviations, error))
		return FALSE;
	start_us = g_get_monotonic_time();
	if (!domains_start(scene->host->hypervisor, work->vm->uuid, work->xml, error)) {
		undo(work, error);
		return FALSE;
	}
	work->start->seconds = (double)(g_get_monotonic_time() - start_us) / G_USEC_PER_SEC;
	work->start->state = START_STARTED;
	if (look(work, error))
		return TRUE;
	g_prefix_error(error, "it was started, but cannot be looked at: ");
	undo(work, error);
	return FALSE;
}

/* Those that lathe took offline are in no layout any more. */
static void check_siblings(Work *work)
{
	g_autofree char *cpus = cpulist_format(&work->layout->offline);

	if (*cpus)
		add(work->start->deviations, "siblings of its CPUs are online (CPU %s): lathe did "
		    "not start it", cpus);
}

static gboolean run(Work *work, gboolean dry_run, GError **error)
{
	g_autoptr(DomainInfo) info = NULL;

	if (!waiter_check(work->scene->waiter, error) ||
	    !domains_find(work->scene->host->hypervisor, work->vm->uuid, &info, error) ||
	    !check_state(work, info, error))
		return FALSE;
	if (work->start->state == START_RUNNING) {
		check_siblings(work);
		return TRUE;
	}
	if (!prepare(work, error))
		return FALSE;
	return dry_run ? tell(work, error) : go(work, error);
}

Start *fleet_start(const Scene *scene, const GPtrArray *breaches, const VmConfig *vm,
		   gboolean dry_run)
{
	Start *start = g_new0(Start, 1);
	g_auto(Work) work = {.scene = scene,
			     .breaches = breaches,
			     .vm = vm,
			     .layout = vm_layout_find(scene->live, vm),
			     .start = start};

	start->warnings = g_ptr_array_new_with_free_func(g_free);
	start->deviations = g_ptr_array_new_with_free_func(g_free);
	if (!run(&work, dry_run, &start->error))
		start->state = START_FAILED;
	return start;
}
