/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stat.h"

#include <string.h>

#include "domain_hardware.h"
#include "error.h"
#include "escape.h"
#include "ini.h"
#include "qemu_process.h"

static void stat_free(gpointer data)
{
	VmStat *stat = data;

	g_free(stat->name);
	g_free(stat->cpus);
	g_free(stat->problem);
	g_ptr_array_unref(stat->broken);
	g_clear_pointer(&stat->threads, g_array_unref);
	g_free(stat);
}

/* ---- which -------------------------------------------------------------------------- */

static const DomainInfo *find_domain(const GPtrArray *domains, const char *name_or_uuid)
{
	for (guint i = 0; i < domains->len; i++) {
		const DomainInfo *info = domains->pdata[i];

		if (g_ascii_strcasecmp(info->uuid, name_or_uuid) == 0 ||
		    strcmp(info->name, name_or_uuid) == 0)
			return info;
	}
	return NULL;
}

static VmStat *add(GPtrArray *stats, const VmConfig *vm, const DomainInfo *info)
{
	VmStat *stat = g_new0(VmStat, 1);

	g_strlcpy(stat->uuid, vm ? vm->uuid : info->uuid, sizeof(stat->uuid));
	stat->name = g_strdup(info ? info->name : vm->name);
	stat->vm = vm;
	stat->defined = info != NULL;
	if (info)
		stat->state = info->state;
	stat->broken = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(stats, stat);
	return stat;
}

static gboolean is_listed(const GPtrArray *stats, const char *uuid)
{
	for (guint i = 0; i < stats->len; i++)
		if (strcmp(((const VmStat *)stats->pdata[i])->uuid, uuid) == 0)
			return TRUE;
	return FALSE;
}

static void add_configured(const Scene *scene, const GPtrArray *domains, GPtrArray *stats)
{
	for (guint i = 0; i < scene->configs->vms->len; i++) {
		const VmConfig *vm = scene->configs->vms->pdata[i];

		add(stats, vm, find_domain(domains, vm->uuid));
	}
}

static gboolean is_up(DomainState state)
{
	return state != DOMAIN_SHUT_OFF && state != DOMAIN_CRASHED;
}

static void add_others(const GPtrArray *domains, GPtrArray *stats)
{
	for (guint i = 0; i < domains->len; i++) {
		const DomainInfo *info = domains->pdata[i];

		if (is_up(info->state) && !is_listed(stats, info->uuid))
			add(stats, NULL, info);
	}
}

static gboolean unknown(const Scene *scene, const GPtrArray *domains, const char *name,
			GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *shown = escape_text(name, -1);
	const char *nearest;

	for (guint i = 0; i < scene->configs->vms->len; i++)
		g_ptr_array_add(names, ((VmConfig *)scene->configs->vms->pdata[i])->name);
	for (guint i = 0; i < domains->len; i++)
		g_ptr_array_add(names, ((DomainInfo *)domains->pdata[i])->name);
	lathe_error(error, LATHE_ERROR_USAGE, "there is no VM '%s', neither in the config nor in "
		    "libvirt", shown);
	nearest = ini_nearest(name, (const char *const *)names->pdata, names->len);
	if (nearest) {
		g_autofree char *near = escape_text(nearest, -1);

		lathe_error_hint(error, "did you mean '%s'?", near);
	}
	return FALSE;
}

static gboolean add_named(const Scene *scene, const GPtrArray *domains, const char *names,
			  GPtrArray *stats, GError **error)
{
	g_auto(GStrv) list = g_strsplit(names, ",", -1);

	for (char **name = list; *name; name++) {
		const VmConfig *vm = vm_configs_find(scene->configs, *name);
		const DomainInfo *info = find_domain(domains, vm ? vm->uuid : *name);

		if (!vm && !info)
			return unknown(scene, domains, *name, error);
		if (!vm)
			vm = vm_configs_find(scene->configs, info->uuid);
		if (!is_listed(stats, vm ? vm->uuid : info->uuid))
			add(stats, vm, info);
	}
	return TRUE;
}

/* ---- what ----------------------------------------------------------------------------- */

static guint count_vcpus(const Scene *scene, const VmStat *stat)
{
	g_autofree char *xml = domains_xml(scene->host->hypervisor, stat->uuid,
					   is_up(stat->state), NULL);
	g_auto(DomainHardware) hardware = {0};

	return xml && domain_read_hardware(xml, &hardware, NULL) ? hardware.vcpus : 0;
}

static void describe(const Scene *scene, VmStat *stat)
{
	const VmLayout *layout = stat->vm ? vm_layout_find(scene->defined, stat->vm) : NULL;

	stat->vcpus = layout ? layout->n_vcpus : count_vcpus(scene, stat);
	if (layout && layout->bound)
		stat->cpus = cpulist_format(&layout->cpuset);
}

/* Also a state that this look is too late for. */
static gboolean find_process(const Scene *scene, VmStat *stat)
{
	g_autoptr(GError) error = NULL;

	if (!qemu_process_find_uuid(scene->host->root, stat->uuid, &stat->pid, &error)) {
		stat->problem = g_strdup(error->message);
		return FALSE;
	}
	return TRUE;
}

static gboolean has_ended(const Scene *scene, VmStat *stat)
{
	g_autoptr(DomainInfo) info = NULL;

	if (!domains_find(scene->host->hypervisor, stat->uuid, &info, NULL) ||
	    (info && is_up(info->state)))
		return FALSE;
	stat->state = info ? info->state : DOMAIN_SHUT_OFF;
	stat->defined = info != NULL;
	stat->pid = 0;
	return TRUE;
}

static void count_astray(VmStat *stat, const Plan *plan)
{
	guint vcpus = 0;

	for (guint i = 0; i < stat->threads->len; i++) {
		const PlacedThread *thread = &g_array_index(stat->threads, PlacedThread, i);

		stat->astray += thread->planned && !thread->in_place;
		vcpus += thread->role == PLACED_VCPU && thread->index < plan->n_vcpus;
	}
	if (vcpus >= plan->n_vcpus)
		return;
	stat->astray += plan->n_vcpus - vcpus;
	stat->problem = g_strdup_printf("%u of its %u vCPUs have no thread", plan->n_vcpus - vcpus,
					plan->n_vcpus);
}

static gboolean make_plan(const Scene *scene, VmStat *stat, Plan **ret)
{
	g_autoptr(GError) error = NULL;

	*ret = NULL;
	if (!stat->vm || scene_plan(scene, stat->vm, ret, &error)) {
		for (guint i = 0; *ret && i < (*ret)->broken->len; i++)
			g_ptr_array_add(stat->broken, g_strdup((*ret)->broken->pdata[i]));
		return TRUE;
	}
	stat->problem = g_strdup(error->message);
	return FALSE;
}

static void read_threads(const Scene *scene, VmStat *stat)
{
	g_autoptr(Plan) plan = NULL;
	g_autoptr(GError) error = NULL;

	make_plan(scene, stat, &plan);
	stat->threads = placement_threads(scene->host->root, stat->pid, plan, &error);
	if (stat->threads && stat->threads->len > 0) {
		if (plan)
			count_astray(stat, plan);
		return;
	}
	g_clear_pointer(&stat->threads, g_array_unref);
	if (has_ended(scene, stat) || stat->problem)
		return;
	stat->problem = g_strdup(error ? error->message : "its QEMU process has ended");
}

static void look(const Scene *scene, VmStat *stat, gboolean threads)
{
	describe(scene, stat);
	if (!scene->host->here || !stat->defined || !is_up(stat->state) ||
	    !find_process(scene, stat))
		return;
	if (stat->pid == 0) {
		if (!has_ended(scene, stat))
			stat->problem = g_strdup("no process of this machine is its QEMU");
		return;
	}
	if (threads)
		read_threads(scene, stat);
}

GPtrArray *fleet_stat(const Scene *scene, const char *const *names, gboolean threads,
		      GError **error)
{
	g_autoptr(GPtrArray) domains = domains_list(scene->host->hypervisor, error);
	g_autoptr(GPtrArray) stats = g_ptr_array_new_with_free_func(stat_free);

	if (!domains)
		return NULL;
	if (!*names) {
		add_configured(scene, domains, stats);
		add_others(domains, stats);
	}
	for (; *names; names++)
		if (!add_named(scene, domains, *names, stats, error))
			return NULL;
	for (guint i = 0; i < stats->len; i++)
		look(scene, stats->pdata[i], threads);
	return g_steal_pointer(&stats);
}

char *stat_role(const PlacedThread *thread)
{
	const char *comm = thread->thread.comm;
	g_autofree char *shown = escape_text(comm, -1);

	switch (thread->role) {
	case PLACED_VCPU:
		return g_steal_pointer(&shown);
	case PLACED_EMULATOR:
		return g_strdup("emulator");
	case PLACED_IOTHREAD:
		return g_strdup_printf("IOThread %u", thread->index);
	case PLACED_VHOST:
		return g_strdup(thread->thread.flags & PROC_KERNEL_THREAD ? "vhost (kernel)"
									  : "vhost");
	case PLACED_WORKER:
		break;
	}
	if (strcmp(comm, "IO mon_iothread") == 0)
		return g_steal_pointer(&shown);
	if (g_str_has_prefix(comm, "SPICE"))
		return g_strdup("SPICE");
	/* A thread that QEMU made before it was told to name them bears the program's name. */
	if (strcmp(comm, "worker") == 0 || g_str_has_prefix(comm, "qemu-"))
		return g_strdup("worker");
	return g_strdup_printf("worker (%s)", shown);
}

gboolean stat_in_place(const GPtrArray *stats)
{
	for (guint i = 0; i < stats->len; i++) {
		const VmStat *stat = stats->pdata[i];

		if (stat->problem || stat->astray > 0)
			return FALSE;
	}
	return TRUE;
}
