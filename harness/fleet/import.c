/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "import.h"

#include <string.h>

#include "domain_edit.h"
#include "error.h"
#include "escape.h"
#include "vm_layout.h"

typedef struct {
	const FleetHost *host;
	const VmConfigs *configs;
	VmConfigs *laid_out;
	/* Of laid_out, as they are and as a demonstration has them; NULL: no topology. */
	GPtrArray *layouts[2];
} Importer;

static void imported_free(gpointer data)
{
	ImportedVm *vm = data;

	g_free(vm->name);
	g_free(vm->why);
	g_ptr_array_unref(vm->changes);
	g_ptr_array_unref(vm->notes);
	g_clear_pointer(&vm->unfit, g_ptr_array_unref);
	vm_config_free(vm->read);
	g_free(vm);
}

static ImportedVm *imported_new(const char *uuid, const char *name, ImportState state)
{
	ImportedVm *vm = g_new0(ImportedVm, 1);

	g_strlcpy(vm->uuid, uuid, sizeof(vm->uuid));
	vm->name = g_strdup(name);
	vm->state = state;
	vm->changes = g_ptr_array_new_with_free_func(g_free);
	vm->notes = g_ptr_array_new_with_free_func(g_free);
	return vm;
}

static ImportedVm *leave_out(ImportedVm *vm, char *why)
{
	vm->state = IMPORT_LEFT_OUT;
	g_free(vm->why);
	vm->why = why;
	g_clear_pointer(&vm->read, vm_config_free);
	g_ptr_array_set_size(vm->changes, 0);
	return vm;
}

/* What an import would read of the domain if it were as the config wants it under those layouts;
 * NULL: nobody can tell. */
static VmConfig *read_in_line(const Importer *importer, const GPtrArray *layouts,
			      const VmConfig *vm, const char *xml)
{
	const VmConfig *laid_out = layouts ? vm_configs_find(importer->laid_out, vm->uuid) : NULL;
	const VmLayout *layout = laid_out ? vm_layout_find(layouts, laid_out) : NULL;
	g_autofree char *wanted = NULL;
	DomainCache cache;
	gboolean cached;

	if (!layout)
		return NULL;
	cached = fleet_host_cache(importer->host, &layout->cpuset, &cache);
	wanted = domain_apply(xml, layout, cached ? &cache : NULL, NULL);
	return wanted ? domain_read_config(wanted, importer->host->topology,
					   cached ? &cache : NULL, NULL, NULL)
		      : NULL;
}

static void take_change(ImportedVm *vm, VmConfig *merged, VmKey key, const VmConfig *now)
{
	g_autofree char *old = vm_keys[key].format(merged), *new = vm_keys[key].format(now);
	g_autoptr(GError) error = NULL;
	g_autofree char *shown_old = NULL, *shown_new = NULL;

	if (!vm_config_set(merged, key, new, &error)) {
		g_ptr_array_add(vm->notes, g_strdup_printf("%s stays as it is: %s",
							   vm_keys[key].name, error->message));
		return;
	}
	shown_old = escape_text(old, -1);
	shown_new = escape_text(new, -1);
	g_ptr_array_add(vm->changes, g_strdup_printf("%s: %s -> %s", vm_keys[key].name,
						     *old ? shown_old : "(none)",
						     *new ? shown_new : "(none)"));
}

/* A copy that can be changed: the config's own words for it, read again. */
static VmConfig *copy_config(const VmConfig *vm)
{
	VmConfig *copy = vm_config_new(vm->uuid);

	for (VmKey key = 0; key < VM_KEYS; key++) {
		g_autofree char *text = NULL;

		if (!vm_config_given(vm, key))
			continue;
		text = vm_keys[key].format(vm);
		vm_config_set(copy, key, text, NULL);
	}
	copy->line = vm->line;
	return copy;
}

/* autostart is of `lathe vm boot`: no domain says it. A domain that was brought in line for a
 * demonstration lacks SCHED_FIFO by our own choice: rt and what goes with it stay then. */
static void update(const Importer *importer, ImportedVm *vm, const VmConfig *known,
		   const VmConfig *now, const char *xml)
{
	g_autoptr(VmConfig) in_line = read_in_line(importer, importer->layouts[FALSE], known, xml);
	g_autoptr(VmConfig) shown = read_in_line(importer, importer->layouts[TRUE], known, xml);
	g_autoptr(VmConfig) merged = copy_config(known);
	const VmConfig *base = in_line ? in_line : known;

	for (VmKey key = 0; key < VM_KEYS; key++)
		if (key != VM_KEY_AUTOSTART && !vm_config_same(base, now, key) &&
		    !(shown && vm_config_same(shown, now, key)))
			take_change(vm, merged, key, now);
	vm->state = vm->changes->len > 0 ? IMPORT_UPDATED : IMPORT_SAME;
	if (vm->changes->len > 0)
		vm->read = g_steal_pointer(&merged);
}

/* NULL with an error only when libvirt cannot be asked. */
static ImportedVm *import_domain(const Importer *importer, const DomainInfo *info,
				 gboolean with_update, GError **error)
{
	const VmConfig *known = vm_configs_find(importer->configs, info->uuid);
	ImportedVm *vm = imported_new(info->uuid, info->name, IMPORT_KNOWN);
	g_autoptr(VmConfig) now = NULL;
	g_autoptr(GError) cause = NULL;
	g_autofree char *xml = NULL;
	DomainCache cache;
	gboolean cached;

	if (known && !with_update)
		return vm;
	if (!info->persistent)
		return leave_out(vm, g_strdup("it is transient: libvirt keeps no definition of it"));
	xml = domains_xml(importer->host->hypervisor, info->uuid, FALSE, error);
	if (!xml) {
		imported_free(vm);
		return NULL;
	}
	cached = importer->host->topology &&
		 fleet_host_cache(importer->host, &importer->host->topology->online, &cache);
	now = domain_read_config(xml, importer->host->topology, cached ? &cache : NULL, vm->notes,
				 &cause);
	vm->unfit = now ? domain_unfit(xml, &cause) : NULL;
	if (!vm->unfit)
		return leave_out(vm, g_strdup(cause->message));
	if (now->rt && info->autostart)
		g_ptr_array_add(vm->notes,
				g_strdup("libvirt starts it when the host boots, without what `lathe vm "
					 "boot` does for it: virsh autostart --disable"));
	if (known) {
		update(importer, vm, known, now, xml);
	} else {
		vm->state = IMPORT_ADDED;
		vm->read = g_steal_pointer(&now);
	}
	return vm;
}

static gboolean is_written(const ImportedVm *vm)
{
	return vm->state == IMPORT_ADDED || vm->state == IMPORT_UPDATED;
}

static char *clash(const VmConfigs *configs, const char *name, const char *owner)
{
	const VmConfig *other = vm_configs_find(configs, owner);

	if (other)
		return g_strdup_printf("the config has another VM named '%s', %s, in line %u", name,
				       owner, other->line);
	return g_strdup_printf("another VM that is imported is named '%s' as well, %s", name, owner);
}

/* The names as they will be: a VM that is added, or called otherwise, must not take one that another
 * has. One that is left out keeps its old name, so that others may clash then. */
static gboolean leave_out_clashes(const Import *import, const VmConfigs *configs)
{
	g_autoptr(GHashTable) renamed = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) owners = g_hash_table_new(g_str_hash, g_str_equal);
	gboolean any = FALSE;

	for (guint i = 0; i < import->vms->len; i++) {
		ImportedVm *vm = import->vms->pdata[i];

		if (is_written(vm))
			g_hash_table_insert(renamed, vm->uuid, vm->read->name);
	}
	for (guint i = 0; i < configs->vms->len; i++) {
		VmConfig *vm = configs->vms->pdata[i];
		const char *name = g_hash_table_lookup(renamed, vm->uuid);

		if (!name || strcmp(name, vm->name) == 0)
			g_hash_table_insert(owners, vm->name, vm->uuid);
	}
	for (guint i = 0; i < import->vms->len; i++) {
		ImportedVm *vm = import->vms->pdata[i];
		const char *owner;

		if (!is_written(vm))
			continue;
		owner = g_hash_table_lookup(owners, vm->read->name);
		if (!owner) {
			g_hash_table_insert(owners, vm->read->name, vm->uuid);
		} else if (strcmp(owner, vm->uuid) != 0) {
			/* The table borrows the name until here. */
			leave_out(vm, clash(configs, vm->read->name, owner));
			any = TRUE;
		}
	}
	return any;
}

/* Names may go round in circles: who is called otherwise is first called by his UUID, which is
 * nobody's name. */
static char *edit(const char *text, const Import *import, const VmConfigs *configs)
{
	g_autofree char *now = g_strdup(text);

	for (int last = 0; last <= 1; last++)
		for (guint i = 0; i < import->vms->len; i++) {
			const ImportedVm *vm = import->vms->pdata[i];
			const VmConfig *known = vm_configs_find(configs, vm->uuid);
			g_autofree char *name = NULL, *next = NULL;

			if (!is_written(vm) ||
			    (!last && (!known || strcmp(known->name, vm->read->name) == 0)))
				continue;
			name = vm->read->name;
			vm->read->name = g_strdup(last ? name : vm->uuid);
			next = vm_configs_edit(now, vm->read);
			g_free(vm->read->name);
			vm->read->name = g_steal_pointer(&name);
			/* Nothing can be added to what is too much already: finish() says why. */
			if (!next)
				return g_steal_pointer(&now);
			g_free(now);
			now = g_steal_pointer(&next);
		}
	for (guint i = 0; i < import->vms->len; i++) {
		const ImportedVm *vm = import->vms->pdata[i];
		char *next;

		if (vm->state != IMPORT_REMOVED)
			continue;
		next = vm_configs_remove(now, vm->uuid);
		g_free(now);
		now = next;
	}
	return g_steal_pointer(&now);
}

static Import *finish(Import *given, const VmConfigs *configs, GError **error)
{
	g_autoptr(Import) import = given;
	g_autoptr(VmConfigs) result = NULL;

	if (!import)
		return NULL;
	while (leave_out_clashes(import, configs))
		continue;
	import->text = edit(configs->text, import, configs);
	/* What is written must be what the next command reads. */
	result = vm_configs_parse(import->text, strlen(import->text), configs->path, error);
	if (!result) {
		g_prefix_error(error, "the config that would come of it: ");
		return NULL;
	}
	return g_steal_pointer(&import);
}

static Import *import_empty(void)
{
	Import *import = g_new0(Import, 1);

	import->vms = g_ptr_array_new_with_free_func(imported_free);
	return import;
}

/* The config once more, for layouts: what runs is left out of it, and not of what is written. */
static gboolean importer_init(Importer *importer, const FleetHost *host, const VmConfigs *configs,
			      GError **error)
{
	*importer = (Importer){.host = host, .configs = configs};
	if (!host->topology)
		return TRUE;
	importer->laid_out =
		vm_configs_parse(configs->text, strlen(configs->text), configs->path, error);
	if (!importer->laid_out ||
	    !fleet_host_leave_out_held(host, host->lib, importer->laid_out, error))
		return FALSE;
	for (int demonstration = FALSE; demonstration <= TRUE; demonstration++)
		importer->layouts[demonstration] =
			vm_layouts_new(importer->laid_out, host->topology, demonstration);
	return TRUE;
}

static void importer_clear(Importer *importer)
{
	for (int demonstration = FALSE; demonstration <= TRUE; demonstration++)
		g_clear_pointer(&importer->layouts[demonstration], g_ptr_array_unref);
	vm_configs_free(importer->laid_out);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Importer, importer_clear)

Import *import_new(const FleetHost *host, const VmConfigs *configs, const char *const *names,
		   gboolean with_update, GError **error)
{
	g_autoptr(GPtrArray) list = domains_list(host->hypervisor, error);
	g_autoptr(GPtrArray) selected = NULL;
	g_autoptr(Import) import = import_empty();
	g_auto(Importer) importer = {0};
	gboolean ok = TRUE;

	if (!list)
		return NULL;
	selected = names && *names ? domains_select(list, names, error) : g_ptr_array_ref(list);
	if (!selected || !importer_init(&importer, host, configs, error))
		return NULL;
	for (guint i = 0; i < selected->len && ok; i++) {
		ImportedVm *vm = import_domain(&importer, selected->pdata[i], with_update, error);

		ok = vm != NULL;
		if (vm)
			g_ptr_array_add(import->vms, vm);
	}
	return ok ? finish(g_steal_pointer(&import), configs, error) : NULL;
}

/* NULL with an error only when libvirt cannot be asked. */
static ImportedVm *import_known(const Importer *importer, const VmConfig *known, gboolean remove,
				GError **error)
{
	g_autoptr(DomainInfo) info = NULL;

	if (!domains_find(importer->host->hypervisor, known->uuid, &info, error))
		return NULL;
	return info ? import_domain(importer, info, TRUE, error)
		    : imported_new(known->uuid, known->name,
				   remove ? IMPORT_REMOVED : IMPORT_MISSING);
}

Import *import_back(const FleetHost *host, const VmConfigs *configs, const GPtrArray *selected,
		    gboolean remove, GError **error)
{
	g_autoptr(Import) import = import_empty();
	g_auto(Importer) importer = {0};
	gboolean ok = TRUE;

	if (!importer_init(&importer, host, configs, error))
		return NULL;
	for (guint i = 0; i < selected->len && ok; i++) {
		ImportedVm *vm = import_known(&importer, selected->pdata[i], remove, error);

		ok = vm != NULL;
		if (vm)
			g_ptr_array_add(import->vms, vm);
	}
	return ok ? finish(g_steal_pointer(&import), configs, error) : NULL;
}

gboolean import_changes(const Import *import, const VmConfigs *configs)
{
	return strcmp(import->text, configs->text) != 0;
}

void import_free(Import *import)
{
	if (!import)
		return;
	g_ptr_array_unref(import->vms);
	g_free(import->text);
	g_free(import);
}
