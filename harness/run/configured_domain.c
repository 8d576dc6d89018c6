/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The domain of a configured VM as it runs: made, and compared with what QEMU was given. */
#include "accel.h"
#include "argv.h"
#include "configured.h"
#include "domain_edit.h"
#include "domain_measure.h"
#include "error.h"
#include "guest.h"
#include "leftover.h"
#include "proc.h"

static gboolean refuse_accel(const Guest *guest, const char *why, GError **error)
{
	lathe_error(error, LATHE_ERROR_ENVIRONMENT, "VM \"%s\" is defined for %s: %s",
		    guest->domain_name, accel_name(guest->spec.accel), why);
	lathe_error_hint(error, "its definition (<domain type=...>) says what it runs on: kvm, or qemu "
				"for emulation");
	return FALSE;
}

gboolean configured_choose_accel(Guest *guest, GError **error)
{
	AccelChoice choice = guest->context->options->accel;
	g_autofree char *proof = NULL;
	DomainTraits traits;
	Accel proven;

	if (!domain_read_traits(guest->config->definition, &traits, error))
		return FALSE;
	guest->spec.accel = traits.kvm ? ACCEL_KVM : ACCEL_TCG;
	if (choice != ACCEL_CHOICE_AUTO && (choice == ACCEL_CHOICE_KVM) != traits.kvm)
		return refuse_accel(guest, "--accel asks for another", error);
	guest->record->accel_reason = g_strdup("as it is defined");
	proven = accel_proven(bundle_path(guest->context->bundle), &proof);
	if (traits.kvm && choice == ACCEL_CHOICE_AUTO && proven != ACCEL_KVM)
		return refuse_accel(guest, proof, error);
	return TRUE;
}

/* As its configuration wants it. */
static char *own_xml(const Guest *guest, GError **error)
{
	const GuestConfig *config = guest->config;
	DomainCache found = {0};
	const DomainCache *cache =
		fleet_host_cache(configured_host(guest->context), &config->layout->cpuset, &found)
			? &found
			: NULL;

	return config->definition
		       ? domain_apply(config->definition, config->layout, cache, error)
		       : domain_new(config->layout, guest->spec.accel == ACCEL_KVM, cache, error);
}

char *configured_xml(Guest *guest, GError **error)
{
	const VmSpec *spec = &guest->spec;
	g_autofree char *own = own_xml(guest, error);
	DomainMeasure measure = {
		.owner_namespace = LEFTOVER_NAMESPACE,
		.owner_element = LEFTOVER_ELEMENT,
		.owner_pid = (guint64)spec->owner_pid,
		.owner_start_ticks = spec->owner_start_ticks,
		.kernel = spec->kernel,
		.initrd = spec->initrd,
		.cmdline = spec->cmdline,
		.console_log = spec->console_log,
		.agent_port = VM_AGENT_PORT,
	};
	DomainTraits traits;

	if (!own || !domain_read_traits(own, &traits, error))
		return NULL;
	guest->config->iothreads = traits.iothreads;
	return domain_measure(own, &measure, error);
}

gboolean configured_check_argv(Guest *guest, GPtrArray *deviations, GError **error)
{
	const VmSpec *spec = &guest->spec;
	g_auto(GStrv) argv = proc_argv(guest->context->live, vm_pid(guest->vm), error);
	ArgvAsked asked = {
		.accel = spec->accel,
		.n_vcpus = guest->plan->n_vcpus,
		.memory_kib = (guint64)guest->memory_mib * 1024,
		.lock_memory = spec->lock_memory,
		.iothreads = guest->config->iothreads,
		.kernel = spec->kernel,
		.initrd = spec->initrd,
		.cmdline = spec->cmdline,
	};

	if (!argv)
		return FALSE;
	if (!argv[0])
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT, "QEMU process %d has ended",
				   vm_pid(guest->vm));
	argv_check_asked((const char *const *)argv, &asked, deviations);
	return TRUE;
}
