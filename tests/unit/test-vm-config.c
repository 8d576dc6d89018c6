/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "vm_config.h"

#define UUID_A "aeec46cc-0638-4949-ac04-146b233194a9"

/* RedHawk KVM-RT user's guide 1.2, "Configuration File". */
static const char guide[] =
	"[aeec46cc-0638-4949-ac04-146b233194a9]\n"
	"name = RedHawk-8.2\n"
	"title = RedHawk 8.2\n"
	"description = A RedHawk 8.2 VM.\n"
	"nr_vcpus = 2\n"
	"cpu_topology = auto\n"
	"cpuset =\n"
	"rt = False\n"
	"rt_memory = auto\n"
	"numatune = auto\n"
	"hide_kvm = False\n"
	"autostart = True\n"
	"\n"
	"[fde74e84-0e1b-404e-90e7-72101e79c48a]\n"
	"name = RedHawk-8.2-RT\n"
	"title = Real-Time RedHawk 8.2\n"
	"description = A RedHawk 8.2 VM configured real-time.\n"
	"nr_vcpus = 4\n"
	"cpu_topology = auto\n"
	"cpuset = 1-5\n"
	"rt = True\n"
	"rt_memory = auto\n"
	"numatune = auto\n"
	"hide_kvm = False\n"
	"autostart = True\n";

static void test_guide(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmConfigs) configs = vm_configs_parse(guide, strlen(guide), "g.cfg", &error);
	const VmConfig *vm;

	(void)state;
	assert_null(error);
	assert_int_equal(configs->vms->len, 2);
	vm = vm_configs_find(configs, "RedHawk-8.2");
	assert_string_equal(vm->uuid, "aeec46cc-0638-4949-ac04-146b233194a9");
	assert_int_equal(cpuset_count(&vm->cpuset), 0);
	assert_false(vm->rt);
	vm = vm_configs_find(configs, "FDE74E84-0e1b-404e-90e7-72101e79c48a");
	assert_string_equal(vm->name, "RedHawk-8.2-RT");
	assert_int_equal(cpuset_count(&vm->cpuset), 5);
	assert_true(vm->rt);
	assert_int_equal(vm->lines[VM_KEY_CPUSET], 20);
	assert_int_equal(vm->line, 14);
	/* It is also what a new file would have. */
	g_autofree char *once = vm_config_format(configs->vms->pdata[0]);
	g_autofree char *twice = vm_config_format(vm);
	g_autofree char *both = g_strconcat(once, "\n", twice, NULL);
	g_autofree char *edited = vm_configs_edit(guide, vm);

	assert_string_equal(both, guide);
	assert_string_equal(edited, guide);
}

/* What Python's configparser reads of a file that a person kept for years. */
static const char odd[] =
	"# KVM-RT configuration\r\n"
	"[" "AEEC46CC-0638-4949-AC04-146B233194A9" "] ; the old one\r\n"
	"Name: a=b\r\n"
	"DESCRIPTION = first\r\n"
	"    second = line\r\n"
	"\r\n"
	"    ; not this\r\n"
	"\t# nor this\r\n"
	"    [third]\r\n"
	"\r\n"
	"Title\t=\tTwo  words  \r\n"
	"nr_vcpus =\r\n"
	"CpuSet = 1, 2 ,4 - 6\r\n"
	"RT=oN\r\n"
	"rt_memory: AUTO\r\n"
	"numatune =\r\n"
	"  ; end\r\n"
	"autostart =\r\n"
	"    no\r\n";

static void test_odd(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmConfigs) configs = vm_configs_parse(odd, strlen(odd), "o.cfg", &error);
	const VmConfig *vm;
	g_autofree char *cpus = NULL;

	(void)state;
	assert_null(error);
	assert_int_equal(configs->vms->len, 1);
	vm = configs->vms->pdata[0];
	assert_string_equal(vm->uuid, UUID_A);
	assert_string_equal(vm->name, "a=b");
	assert_string_equal(vm->title, "Two  words");
	assert_string_equal(vm->description, "first\nsecond = line\n\n[third]");
	cpus = cpulist_format(&vm->cpuset);
	assert_string_equal(cpus, "1-2,4-6");
	assert_true(vm->rt);
	assert_int_equal(vm->rt_memory, SWITCH_AUTO);
	/* An empty value is the default, but for keys that have an empty one. */
	assert_int_equal(vm->nr_vcpus, 1);
	assert_false(vm_config_given(vm, VM_KEY_NR_VCPUS));
	assert_false(vm->numatune_auto);
	assert_true(vm_config_given(vm, VM_KEY_NUMATUNE));
	assert_false(vm->autostart);
	assert_int_equal(vm->lines[VM_KEY_AUTOSTART], 18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guide),
		cmocka_unit_test(test_odd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
