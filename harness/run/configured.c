/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "configured.h"

#include <string.h>

#include "domain_edit.h"
#include "domains.h"
#include "error.h"
#include "guest.h"

struct Configured {
	VmConfigs *all;
	VmConfigs together; /* those that are named; borrows */
	FleetHost *host;
	GPtrArray *layouts; /* of them */
};

Hypervisor *configured_connect(const QualifyOptions *options, GError **error)
{
	const char *uri = options->connect ? options->connect : CONFIGURED_CONNECT_DEFAULT;

	if (!state_make_directory(options->state->lib, error))
		return NULL;
	return fleet_connect(options->state, uri, TRUE, FALSE, error);
}

static gboolean select_vms(Configured *self, const QualifyOptions *options, GError **error)
{
	self->all = vm_configs_read(options->config, error);
	if (!self->all)
		return FALSE;
	self->together = *self->all;
	self->together.vms = vm_configs_select(self->all, options->vms, error);
	if (!self->together.vms)
		return FALSE;
	if (self->together.vms->len > RUN_VMS_MAX)
		return lathe_error(error, LATHE_ERROR_USAGE, "--vm names %u VMs, a run has %u at most",
				   self->together.vms->len, RUN_VMS_MAX);
	for (guint i = 0; i < self->together.vms->len; i++)
		if (((const VmConfig *)self->together.vms->pdata[i])->rt)
			return TRUE;
	lathe_error(error, LATHE_ERROR_USAGE, "none of the VMs that --vm names is real-time");
	lathe_error_hint(error, "name one with `rt = yes`: others only run beside it");
	return FALSE;
}

/* ---- an RT VM that is measured ---------------------------------------------------------- */

static gboolean refuse(GError **error, const VmConfig *vm, const char *why, const char *hint)
{
	lathe_error(error, LATHE_ERROR_USAGE, "VM \"%s\" cannot be measured: %s", vm->name, why);
	lathe_error_hint(error, "%s", hint);
	return FALSE;
}

static gboolean check_cpus(const VmLayout *layout, GError **error)
{
	if (!layout->bound)
		return refuse(error, layout->vm, "it is bound to no CPU",
			      "give it a cpuset of one CPU more than it has vCPUs");
	for (guint i = 0; i < layout->n_vcpus; i++) {
		g_autofree char *cpus = cpulist_format(&layout->vcpus[i]);
		g_autofree char *why =
			g_strdup_printf("vCPU %u may run on CPUs %s, and a measured one has one", i,
					cpus);

		if (cpuset_count(&layout->vcpus[i]) != 1)
			return refuse(error, layout->vm, why,
				      "make its cpuset one CPU larger than nr_vcpus, no more");
	}
	return TRUE;
}

gboolean configured_check_rt(const VmLayout *layout, GError **error)
{
	const VmConfig *vm = layout->vm;

	if (!vm->kernel)
		return refuse(error, vm,
			      "it boots from its disk, and measuring such a guest comes with a later "
			      "version",
			      "give it a `kernel` (its modules in the lib/modules/RELEASE beside it): "
			      "it then boots that with lathe's own initramfs, and its disk is left "
			      "alone");
	if (layout->n_vcpus < PLAN_VCPUS_MIN || cpuset_count(&layout->guest_housekeeping) == 0)
		return refuse(error, vm, "none of its vCPUs keeps house in the guest",
			      "give it two vCPUs or more (nr_vcpus), and leave guest_housekeeping auto "
			      "or at one of them");
	if (cpuset_count(&layout->guest_rt) == 0)
		return refuse(error, vm, "all of its vCPUs keep house in the guest",
			      "leave guest_housekeeping auto, or take a vCPU out of it");
	return check_cpus(layout, error);
}

/* ---- rules ------------------------------------------------------------------------------ */

static Guest *guest_of(const RunContext *context, const VmConfig *vm)
{
	for (guint i = 0; i < context->guests->len; i++)
		if (guest_at(context, i)->config->vm == vm)
			return guest_at(context, i);
	return NULL;
}

/* What is of all together is of each that is measured. */
static void add_broken(const RunContext *context, const Breach *breach)
{
	for (guint i = 0; i < context->guests->len; i++) {
		Guest *guest = guest_at(context, i);

		if (breach->vm ? guest_of(context, breach->vm) != guest : !guest_is_rt(guest))
			continue;
		g_ptr_array_add(guest->plan->broken,
				g_strconcat(breach->unknown ? "not known: " : "", breach->text,
					    NULL));
		guest->plan->demonstration = TRUE;
	}
}

static gboolean refuse_breach(const Breach *breach, guint n, GError **error)
{
	g_autofree char *more = n > 1 ? g_strdup_printf(" (and %u more)", n - 1) : g_strdup("");

	if (breach->unknown)
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    "a rule of the configured VMs could not be looked at: %s%s", breach->text,
			    more);
	else
		lathe_error(error, LATHE_ERROR_USAGE, "the configured VMs break a rule: %s%s",
			    breach->text, more);
	lathe_error_hint(error, "%s; `lathe vm validate-config` lists all of them; a profile with plan = "
				"demonstration runs them all the same, without SCHED_FIFO on CPUs that "
				"are shared, and qualifies nobody", breach->rule->remedy);
	return FALSE;
}

gboolean configured_judge_breaches(RunContext *context, const GPtrArray *breaches, GError **error)
{
	const Breach *first = NULL;
	guint n = 0;

	for (guint i = 0; i < breaches->len; i++) {
		const Breach *breach = breaches->pdata[i];
		/* One that could not be looked at proves nothing. */
		gboolean is_error = breach->level == RULE_ERROR;

		if (is_error && n++ == 0)
			first = breach;
		if (is_error)
			add_broken(context, breach);
		if (!is_error || context->profile->demonstration_allowed)
			progress_note(context->progress, "%s%s: %s",
				      breach->unknown ? "not known: " : "",
				      is_error ? "WARN" : rule_level_name(breach->level), breach->text);
	}
	return n == 0 || context->profile->demonstration_allowed || refuse_breach(first, n, error);
}

/* ---- what libvirt has ------------------------------------------------------------------- */

static gboolean is_embedded(const RunContext *context)
{
	return g_strcmp0(context->options->connect, "embedded") == 0;
}

static gboolean check_domain(const VmConfig *vm, const DomainInfo *info, GError **error)
{
	if (info->state != DOMAIN_SHUT_OFF)
		return lathe_error(error, LATHE_ERROR_BUSY,
				   "VM \"%s\" is %s: a run starts its VMs itself", vm->name,
				   domain_state_name(info->state));
	if (strcmp(info->name, vm->name) == 0)
		return TRUE;
	lathe_error(error, LATHE_ERROR_INPUT, "VM \"%s\" (%s) is called \"%s\" in libvirt", vm->name,
		    vm->uuid, info->name);
	lathe_error_hint(error, "lathe vm sync-config renames it");
	return FALSE;
}

/* *ret NULL: it is made for the run. */
static gboolean read_definition(const RunContext *context, const VmConfig *vm, char **ret,
				GError **error)
{
	g_autoptr(DomainInfo) info = NULL;

	*ret = NULL;
	if (!domains_find(context->hypervisor, vm->uuid, &info, error))
		return FALSE;
	if (!info && is_embedded(context))
		return TRUE;
	if (!info) {
		lathe_error(error, LATHE_ERROR_INPUT, "libvirt at '%s' has no VM \"%s\" (%s)",
			    hypervisor_uri(context->hypervisor), vm->name, vm->uuid);
		lathe_error_hint(error, "lathe vm sync-config defines it there");
		return FALSE;
	}
	if (!check_domain(vm, info, error))
		return FALSE;
	*ret = domains_xml(context->hypervisor, vm->uuid, FALSE, error);
	return *ret != NULL;
}

static gboolean read_memory(const GuestConfig *config, guint *ret_mib, GError **error)
{
	VmDomainFacts facts = {0};

	if (config->vm->memory_mib == 0 && config->definition &&
	    !domain_read_facts(config->definition, &facts, error))
		return FALSE;
	*ret_mib = (guint)MIN(config->vm->memory_mib ? config->vm->memory_mib : facts.memory_mib,
			      G_MAXUINT);
	return *ret_mib > 0 ||
	       lathe_error(error, LATHE_ERROR_USAGE, "how much memory VM \"%s\" has is not known",
			   config->vm->name);
}

static gboolean add_vm(RunContext *context, const VmLayout *layout, GError **error)
{
	const VmConfig *vm = layout->vm;
	g_autofree char *definition = NULL;
	Guest *guest;
	Plan *plan;

	if ((vm->rt && !configured_check_rt(layout, error)) ||
	    !read_definition(context, vm, &definition, error))
		return FALSE;
	plan = vm_layout_plan(layout, context->configured->layouts, &context->facts->online, error);
	if (!plan) {
		g_prefix_error(error, "VM \"%s\": ", vm->name);
		return FALSE;
	}
	guest = guest_add(context, vm->name, vm->uuid, vm->rt, plan);
	guest->config = g_new0(GuestConfig, 1);
	*guest->config = (GuestConfig){.vm = vm,
				       .layout = layout,
				       .definition = g_steal_pointer(&definition),
				       .agent = vm->kernel != NULL};
	if (guest->config->agent)
		guest->image = &guest->config->image;
	context->housekeeping = plan->housekeeping;
	return read_memory(guest->config, &guest->memory_mib, error);
}

static gboolean plan_vms(RunContext *context, GError **error)
{
	Configured *self = context->configured;
	gboolean demonstration = context->profile->demonstration_allowed;
	/* As they are to run: a demonstration has dropped what would starve others. */
	g_autoptr(GPtrArray) breaches =
		fleet_host_breaches(self->host, &self->together, self->layouts, error);

	/* What is refused is refused first: a rule says more than a plan that cannot work. What is
	 * allowed becomes part of the plans. */
	if (!breaches ||
	    (!demonstration && !configured_judge_breaches(context, breaches, error)))
		return FALSE;
	for (guint i = 0; i < self->layouts->len; i++)
		if (!add_vm(context, self->layouts->pdata[i], error))
			return FALSE;
	return !demonstration || configured_judge_breaches(context, breaches, error);
}

gboolean configured_plan(RunContext *context, GError **error)
{
	Configured *self = context->configured = g_new0(Configured, 1);

	if (!context->facts->online_known)
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT, "the online CPUs are not known");
	if (!select_vms(self, context->options, error))
		return FALSE;
	self->host = fleet_host_new(context->hypervisor, NULL, error);
	if (!self->host || !fleet_host_check_topology(self->host, error))
		return FALSE;
	self->layouts = vm_layouts_new(&self->together, self->host->topology,
				       context->profile->demonstration_allowed);
	return plan_vms(context, error);
}

const FleetHost *configured_host(const RunContext *context)
{
	return context->configured->host;
}

void configured_free(RunContext *context)
{
	Configured *self = context->configured;

	if (!self)
		return;
	g_clear_pointer(&self->layouts, g_ptr_array_unref);
	fleet_host_free(self->host);
	g_clear_pointer(&self->together.vms, g_ptr_array_unref);
	vm_configs_free(self->all);
	g_free(self);
	context->configured = NULL;
}
