/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdint.h>
#include <string.h>

#include "vm_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static VmConfigs *must_parse(const char *text, const char *why)
{
	g_autoptr(GError) error = NULL;
	VmConfigs *configs = vm_configs_parse(text, strlen(text), "fuzz.cfg", &error);

	if (!configs)
		g_error("%s: %s\n%s", why, error->message, text);
	return configs;
}

static void check_same(const VmConfig *a, const VmConfig *b, const char *why)
{
	for (VmKey key = 0; key < VM_KEYS; key++) {
		g_autofree char *text_a = vm_keys[key].format(a);
		g_autofree char *text_b = vm_keys[key].format(b);

		if (!b || !vm_config_same(a, b, key))
			g_error("%s: %s: '%s', '%s'", why, vm_keys[key].name, text_a, text_b);
	}
}

/* What is written is read as the same VM, and a text that says so already stays. */
static void check_vm(const VmConfigs *configs, const VmConfig *vm)
{
	g_autofree char *section = vm_config_format(vm);
	g_autoptr(VmConfigs) alone = must_parse(section, "formatted");
	g_autofree char *edited = vm_configs_edit(configs->text, vm);
	g_autofree char *rest = vm_configs_remove(configs->text, vm->uuid);
	g_autoptr(VmConfigs) without = must_parse(rest, "removed");

	check_same(vm, alone->vms->pdata[0], "formatted");
	g_assert_cmpstr(edited, ==, configs->text);
	g_assert_cmpuint(without->vms->len, ==, configs->vms->len - 1);
	g_assert_null(vm_configs_find(without, vm->uuid));
}

/* Every key with the file's own bytes as its value, into the file. */
static void check_edits(const VmConfigs *configs, const char *value)
{
	VmConfig *vm = configs->vms->pdata[0];
	g_autofree char *edited = NULL;
	g_autofree char *again = NULL;
	g_autoptr(VmConfigs) back = NULL;

	vm_config_set(vm, VM_KEY_TITLE, "2", NULL);
	vm_config_set(vm, VM_KEY_DESCRIPTION, value, NULL);
	vm_config_set(vm, VM_KEY_CPUSET, "7, 9", NULL);
	vm_config_set(vm, VM_KEY_CMDLINE, value, NULL);
	vm_config_set(vm, VM_KEY_MEMORY, value, NULL);
	vm_config_set(vm, VM_KEY_PCI, value, NULL);
	edited = vm_configs_edit(configs->text, vm);
	if (strlen(edited) > 1u << 20)
		return;
	back = must_parse(edited, "edited");
	check_same(vm, vm_configs_find(back, vm->uuid), "edited");
	again = vm_configs_edit(edited, vm);
	g_assert_cmpstr(again, ==, edited);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmConfigs) configs =
		vm_configs_parse((const char *)data, size, "fuzz.cfg", &error);
	g_autofree char *value = g_strndup((const char *)data, size);
	g_autoptr(VmConfig) one = vm_config_new("00000000-0000-0000-0000-000000000001");

	g_assert((configs == NULL) == (error != NULL));
	for (VmKey key = 0; key < VM_KEYS; key++)
		vm_config_set(one, key, value, NULL);
	if (!configs)
		return 0;
	for (guint i = 0; i < configs->vms->len && i < 8; i++)
		check_vm(configs, configs->vms->pdata[i]);
	if (configs->vms->len > 0)
		check_edits(configs, value);
	return 0;
}
