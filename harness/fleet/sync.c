/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sync.h"

#include <string.h>

#include "domain_edit.h"
#include "error.h"
#include "vm_rules.h"

static void synced_free(gpointer data)
{
	SyncedVm *vm = data;

	g_free(vm->old_name);
	g_free(vm->before);
	g_free(vm->after);
	g_free(vm->diff);
	g_free(vm);
}

static gboolean of_these(const Breach *breach, const GPtrArray *selected)
{
	return !breach->vm || g_ptr_array_find((GPtrArray *)selected, breach->vm, NULL);
}

/* The rules are about all VMs of the config; what is broken by others is not for now. */
static gboolean check_rules(Sync *sync, const FleetHost *host, const VmConfigs *configs,
			    const GPtrArray *selected, GError **error)
{
	g_autoptr(GPtrArray) all = fleet_host_breaches(host, configs, sync->layouts, error);
	RuleLevel worst;

	if (!all)
		return FALSE;
	for (guint i = 0; i < all->len;) {
		if (of_these(all->pdata[i], selected))
			g_ptr_array_add(sync->breaches, g_ptr_array_steal_index(all, i));
		else
			i++;
	}
	sync->broken = breaches_worst(sync->breaches, &worst, &sync->unknown) &&
		       worst == RULE_ERROR;
	return TRUE;
}

static gboolean read_domain(SyncedVm *vm, const FleetHost *host, GError **error)
{
	g_autoptr(DomainInfo) info = NULL;

	if (!domains_find(host->hypervisor, vm->vm->uuid, &info, error))
		return FALSE;
	if (!info)
		return TRUE;
	if (!info->persistent) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    "it is transient: libvirt has no definition of it to change");
		lathe_error_hint(error, "it can be defined once it is shut off");
		return FALSE;
	}
	vm->running = info->state != DOMAIN_SHUT_OFF && info->state != DOMAIN_CRASHED;
	vm->saved = info->saved;
	vm->old_name = g_strdup(info->name);
	vm->before = domains_xml(host->hypervisor, vm->vm->uuid, FALSE, error);
	return vm->before != NULL;
}

static gboolean make_new(SyncedVm *vm, const VmLayout *layout, const FleetHost *host,
			 const DomainCache *cache, GError **error)
{
	vm->state = SYNC_NEW;
	vm->after = domain_new(layout, fleet_host_kvm(host), cache, error);
	vm->diff = g_strdup("");
	return vm->after != NULL;
}

static gboolean compare(SyncedVm *vm, GError **error)
{
	gboolean same;

	if (!domain_same(vm->before, vm->after, &same, error))
		return FALSE;
	vm->state = same ? SYNC_SAME : SYNC_CHANGED;
	vm->diff = same ? g_strdup("")
			: domain_diff(vm->before, vm->after, vm->vm->name, error);
	return vm->diff != NULL;
}

static gboolean look_at(SyncedVm *vm, const VmLayout *layout, const FleetHost *host,
			GError **error)
{
	DomainCache cache;
	const DomainCache *known =
		fleet_host_cache(host, &layout->cpuset, &cache) ? &cache : NULL;

	if (!read_domain(vm, host, error))
		return FALSE;
	if (!vm->before)
		return make_new(vm, layout, host, known, error);
	vm->after = domain_apply(vm->before, layout, known, error);
	return vm->after && compare(vm, error);
}

static gboolean is_renamed(const SyncedVm *vm)
{
	return vm->old_name && strcmp(vm->old_name, vm->vm->name) != 0;
}

static gboolean refuse_running(const SyncedVm *vm, GError **error)
{
	lathe_error(error, LATHE_ERROR_USAGE,
		    "VM '%s' runs, and libvirt renames (to '%s') only what is shut off",
		    vm->old_name, vm->vm->name);
	lathe_error_hint(error, "shut it down first, or keep its name");
	return FALSE;
}

static gboolean refuse_name(const SyncedVm *vm, const char *owner, GError **error)
{
	lathe_error(error, LATHE_ERROR_USAGE, "VM %s cannot be named '%s': libvirt has another VM "
		    "of that name, %s", vm->vm->uuid, vm->vm->name, owner);
	lathe_error_hint(error, "a name is one VM's only: choose another, or import that VM "
				"(`lathe vm import`)");
	return FALSE;
}

/* Who gives a name away comes before who takes it. What is left waits in a circle, or for one that
 * stays. */
static gboolean put_in_order(Sync *sync, GHashTable *owners, GError **error)
{
	g_autoptr(GPtrArray) rest = g_steal_pointer(&sync->vms);
	gboolean moved = TRUE;

	sync->vms = g_ptr_array_new_with_free_func(synced_free);
	while (moved) {
		moved = FALSE;
		for (guint i = 0; i < rest->len;) {
			SyncedVm *vm = rest->pdata[i];
			const char *owner = g_hash_table_lookup(owners, vm->vm->name);

			if (owner && strcmp(owner, vm->vm->uuid) != 0) {
				i++;
				continue;
			}
			if (is_renamed(vm))
				g_hash_table_remove(owners, vm->old_name);
			g_hash_table_insert(owners, vm->vm->name, (char *)vm->vm->uuid);
			g_ptr_array_add(sync->vms, g_ptr_array_steal_index(rest, i));
			moved = TRUE;
		}
	}
	if (rest->len == 0)
		return TRUE;
	return refuse_name(rest->pdata[0],
			   g_hash_table_lookup(owners, ((SyncedVm *)rest->pdata[0])->vm->name),
			   error);
}

static gboolean check_names(Sync *sync, const FleetHost *host, GError **error)
{
	g_autoptr(GPtrArray) list = domains_list(host->hypervisor, error);
	g_autoptr(GHashTable) owners = g_hash_table_new(g_str_hash, g_str_equal);

	if (!list)
		return FALSE;
	for (guint i = 0; i < sync->vms->len; i++) {
		const SyncedVm *vm = sync->vms->pdata[i];

		if (is_renamed(vm) && vm->running)
			return refuse_running(vm, error);
	}
	for (guint i = 0; i < list->len; i++) {
		DomainInfo *info = list->pdata[i];

		g_hash_table_insert(owners, info->name, info->uuid);
	}
	return put_in_order(sync, owners, error);
}

static gboolean look_at_all(Sync *sync, const FleetHost *host, const GPtrArray *selected,
			    GError **error)
{
	for (guint i = 0; i < selected->len; i++) {
		SyncedVm *vm = g_new0(SyncedVm, 1);

		g_ptr_array_add(sync->vms, vm);
		vm->vm = selected->pdata[i];
		if (!look_at(vm, vm_layout_find(sync->layouts, vm->vm), host, error)) {
			g_prefix_error(error, "VM '%s': ", vm->vm->name);
			return FALSE;
		}
	}
	return check_names(sync, host, error);
}

Sync *sync_new(const FleetHost *host, const VmConfigs *configs, const GPtrArray *selected,
	       gboolean demonstration, GError **error)
{
	g_autoptr(Sync) sync = g_new0(Sync, 1);

	sync->breaches = g_ptr_array_new_with_free_func((GDestroyNotify)breach_free);
	sync->vms = g_ptr_array_new_with_free_func(synced_free);
	if (!fleet_host_check_topology(host, error))
		return NULL;
	sync->layouts = vm_layouts_new(configs, host->topology, demonstration);
	if (!check_rules(sync, host, configs, selected, error))
		return NULL;
	sync->broken &= !demonstration;
	if (!sync->broken && !look_at_all(sync, host, selected, error))
		return NULL;
	return g_steal_pointer(&sync);
}

void sync_free(Sync *sync)
{
	if (!sync)
		return;
	g_clear_pointer(&sync->layouts, g_ptr_array_unref);
	g_ptr_array_unref(sync->breaches);
	g_ptr_array_unref(sync->vms);
	g_free(sync);
}

gboolean sync_define(Sync *sync, const FleetHost *host, GError **error)
{
	for (guint i = 0; i < sync->vms->len; i++) {
		SyncedVm *vm = sync->vms->pdata[i];

		if (vm->state == SYNC_SAME)
			continue;
		if (!domains_define(host->hypervisor, vm->vm->uuid, vm->after, vm->before, error))
			return FALSE;
		vm->defined = TRUE;
	}
	return TRUE;
}
