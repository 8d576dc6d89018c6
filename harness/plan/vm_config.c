/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_config.h"

#include <string.h>

#include "error.h"
#include "escape.h"
#include "ini.h"

VmConfig *vm_config_new(const char *uuid)
{
	VmConfig *vm = g_new0(VmConfig, 1);

	g_strlcpy(vm->uuid, uuid, sizeof(vm->uuid));
	for (char *c = vm->uuid; *c; c++)
		*c = g_ascii_tolower(*c);
	vm->pci = g_ptr_array_new_with_free_func(g_free);
	vm->disks = g_ptr_array_new_with_free_func(g_free);
	for (VmKey key = 0; key < VM_KEYS; key++)
		if (vm_keys[key].fallback &&
		    !vm_keys[key].parse(vm, vm_keys[key].fallback, NULL))
			g_error("the default of '%s'", vm_keys[key].name);
	return vm;
}

void vm_config_free(VmConfig *vm)
{
	if (!vm)
		return;
	g_free(vm->name);
	g_free(vm->title);
	g_free(vm->description);
	g_ptr_array_unref(vm->pci);
	g_free(vm->kernel);
	g_free(vm->initrd);
	g_free(vm->cmdline);
	g_ptr_array_unref(vm->disks);
	g_free(vm);
}

gboolean vm_config_given(const VmConfig *vm, VmKey key)
{
	return vm->lines[key] != 0;
}

VmKey vm_key_find(const char *name)
{
	for (VmKey key = 0; key < VM_KEYS; key++)
		if (strcmp(vm_keys[key].name, name) == 0)
			return key;
	return VM_KEYS;
}

static gboolean set_at(VmConfig *vm, VmKey key, const char *text, guint line, GError **error)
{
	const VmKeyRow *row = &vm_keys[key];
	/* A name's blanks are the parser's to refuse: it is what libvirt knows the VM by. */
	g_autofree char *trimmed = key == VM_KEY_NAME ? g_strdup(text)
						      : g_strstrip(g_strdup(text));
	gboolean given = *trimmed || row->takes_empty;

	if (!row->parse(vm, given || !row->fallback ? trimmed : row->fallback, error))
		return FALSE;
	vm->lines[key] = given ? line : 0;
	return TRUE;
}

gboolean vm_config_set(VmConfig *vm, VmKey key, const char *text, GError **error)
{
	return set_at(vm, key, text, MAX(vm->lines[key], 1), error);
}

static gboolean same_topology(const VmConfig *a, const VmConfig *b)
{
	const VmConfig *both[] = {a, b};
	guint counts[2][3];

	for (guint i = 0; i < 2; i++) {
		const VmConfig *vm = both[i];

		counts[i][0] = vm->topology_auto ? 1 : vm->sockets;
		counts[i][1] = vm->topology_auto ? vm->nr_vcpus : vm->cores;
		counts[i][2] = vm->topology_auto ? 1 : vm->threads;
	}
	return memcmp(counts[0], counts[1], sizeof(counts[0])) == 0;
}

static gboolean locks_memory(const VmConfig *vm)
{
	return vm->rt_memory == SWITCH_AUTO ? vm->rt : vm->rt_memory == SWITCH_ON;
}

gboolean vm_config_same(const VmConfig *a, const VmConfig *b, VmKey key)
{
	g_autofree char *text_a = vm_keys[key].format(a);
	g_autofree char *text_b = vm_keys[key].format(b);

	if (strcmp(text_a, text_b) == 0)
		return TRUE;
	if (key == VM_KEY_CPU_TOPOLOGY)
		return same_topology(a, b);
	return key == VM_KEY_RT_MEMORY && locks_memory(a) == locks_memory(b);
}

static gboolean unknown_key(const Ini *ini, const IniEntry *entry, GError **error)
{
	const char *names[VM_KEYS];
	const char *near;

	for (VmKey key = 0; key < VM_KEYS; key++)
		names[key] = vm_keys[key].name;
	near = ini_nearest(entry->key, names, VM_KEYS);
	ini_fail(ini, entry->line, error, "'%s' is not a key of a VM", entry->key);
	if (near)
		lathe_error_hint(error, "did you mean '%s'?", near);
	else
		lathe_error_hint(error, "vms.cfg(5) lists the keys");
	return FALSE;
}

static VmConfig *read_vm(const Ini *ini, const IniSection *section, GError **error)
{
	g_autoptr(VmConfig) vm = NULL;

	if (strlen(section->name) != VM_UUID_LENGTH ||
	    !g_uuid_string_is_valid(section->name)) {
		g_autofree char *name = escape_text(section->name, -1);

		ini_fail(ini, section->line, error, "section [%s] is not the UUID of a VM", name);
		lathe_error_hint(error, "virsh domuuid NAME prints it");
		return NULL;
	}
	vm = vm_config_new(section->name);
	vm->line = section->line;
	for (guint i = 0; i < section->entries->len; i++) {
		const IniEntry *entry = &g_array_index(section->entries, IniEntry, i);
		VmKey key = vm_key_find(entry->key);

		if (key == VM_KEYS) {
			unknown_key(ini, entry, error);
			return NULL;
		}
		if (!set_at(vm, key, entry->value, entry->line, error)) {
			g_prefix_error(error, "%s:%u: %s: ", ini->name, entry->line, entry->key);
			return NULL;
		}
	}
	if (!vm->name) {
		ini_fail(ini, vm->line, error, "[%s] has no 'name'", vm->uuid);
		return NULL;
	}
	return g_steal_pointer(&vm);
}

/* Takes vm. */
static gboolean add_vm(VmConfigs *configs, const Ini *ini, VmConfig *vm, GError **error)
{
	for (guint i = 0; i < configs->vms->len; i++) {
		const VmConfig *other = configs->vms->pdata[i];
		gboolean same_uuid = strcmp(other->uuid, vm->uuid) == 0;

		if (same_uuid)
			ini_fail(ini, vm->line, error,
				"section [%s] again; the first is in line %u", vm->uuid,
				other->line);
		else if (strcmp(other->name, vm->name) == 0) {
			g_autofree char *name = escape_text(vm->name, -1);

			ini_fail(ini, vm->lines[VM_KEY_NAME], error,
				"name: '%s' is the name of two VMs; the first is in line %u",
				name, other->lines[VM_KEY_NAME]);
		} else {
			continue;
		}
		vm_config_free(vm);
		return FALSE;
	}
	g_ptr_array_add(configs->vms, vm);
	return TRUE;
}

static void free_vm(gpointer vm)
{
	vm_config_free(vm);
}

VmConfigs *vm_configs_parse(const char *text, gsize length, const char *path, GError **error)
{
	g_autoptr(Ini) ini = ini_parse_as(INI_CONFIGPARSER, text, length, path, error);
	g_autoptr(VmConfigs) configs = NULL;

	if (!ini)
		return NULL;
	configs = g_new0(VmConfigs, 1);
	configs->path = g_strdup(path);
	configs->text = g_strndup(text, length);
	configs->vms = g_ptr_array_new_with_free_func(free_vm);
	for (guint i = 0; i < ini->sections->len; i++) {
		VmConfig *vm = read_vm(ini, ini->sections->pdata[i], error);

		if (!vm || !add_vm(configs, ini, vm, error))
			return NULL;
	}
	return g_steal_pointer(&configs);
}

void vm_configs_free(VmConfigs *configs)
{
	if (!configs)
		return;
	g_free(configs->path);
	g_free(configs->text);
	g_ptr_array_unref(configs->vms);
	g_free(configs);
}

VmConfig *vm_configs_find(const VmConfigs *configs, const char *name_or_uuid)
{
	for (guint i = 0; i < configs->vms->len; i++) {
		VmConfig *vm = configs->vms->pdata[i];

		if (g_ascii_strcasecmp(vm->uuid, name_or_uuid) == 0)
			return vm;
	}
	for (guint i = 0; i < configs->vms->len; i++) {
		VmConfig *vm = configs->vms->pdata[i];

		if (strcmp(vm->name, name_or_uuid) == 0)
			return vm;
	}
	return NULL;
}

static gboolean no_such_vm(const VmConfigs *configs, const char *name, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *shown = escape_text(name, -1), *path = escape_text(configs->path, -1);
	const char *near;

	for (guint i = 0; i < configs->vms->len; i++)
		g_ptr_array_add(names, ((VmConfig *)configs->vms->pdata[i])->name);
	near = ini_nearest(name, (const char *const *)names->pdata, names->len);
	lathe_error(error, LATHE_ERROR_USAGE, "there is no VM '%s' in '%s'", shown, path);
	if (near) {
		g_autofree char *harmless = escape_text(near, -1);

		lathe_error_hint(error, "did you mean '%s'?", harmless);
	} else {
		lathe_error_hint(error, "lathe vm show-config lists them; lathe vm import takes "
					"them from libvirt");
	}
	return FALSE;
}

static gboolean mark(const VmConfigs *configs, const char *name, GHashTable *chosen,
		     GError **error)
{
	VmConfig *vm = vm_configs_find(configs, name);

	if (!vm)
		return no_such_vm(configs, name, error);
	g_hash_table_add(chosen, vm);
	return TRUE;
}

/* A name may have a comma itself: the whole of it goes first. */
static gboolean mark_list(const VmConfigs *configs, const char *list, GHashTable *chosen,
			  GError **error)
{
	g_auto(GStrv) parts = g_strsplit(list, ",", -1);

	if (vm_configs_find(configs, list) || g_strv_length(parts) < 2)
		return mark(configs, list, chosen, error);
	for (char **part = parts; *part; part++)
		if (!mark(configs, *part, chosen, error))
			return FALSE;
	return TRUE;
}

GPtrArray *vm_configs_select(const VmConfigs *configs, const char *const *names,
			     GError **error)
{
	g_autoptr(GHashTable) chosen = g_hash_table_new(NULL, NULL);
	g_autoptr(GPtrArray) vms = g_ptr_array_new();
	gboolean all = !names || !*names;

	for (const char *const *name = names; !all && *name; name++)
		if (!mark_list(configs, *name, chosen, error))
			return NULL;
	for (guint i = 0; i < configs->vms->len; i++)
		if (all || g_hash_table_contains(chosen, configs->vms->pdata[i]))
			g_ptr_array_add(vms, configs->vms->pdata[i]);
	return g_steal_pointer(&vms);
}
