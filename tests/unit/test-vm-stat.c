/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How `lathe vm stat` names threads, and what it prints of VMs whose names anybody may choose. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "vm_stat_text.h"

static const struct {
	PlacedRole role;
	guint index;
	guint64 flags;
	const char *comm, *shown;
} roles[] = {
	{PLACED_VCPU, 1, 0, "CPU 1/KVM", "CPU 1/KVM"},
	{PLACED_EMULATOR, 0, 0, "qemu-system-x86", "emulator"},
	{PLACED_IOTHREAD, 3, 0, "IO iothread3", "IOThread 3"},
	{PLACED_VHOST, 0, 0, "vhost-100", "vhost"},
	{PLACED_VHOST, 0, PROC_KERNEL_THREAD, "vhost-100", "vhost (kernel)"},
	{PLACED_WORKER, 0, 0, "IO mon_iothread", "IO mon_iothread"},
	{PLACED_WORKER, 0, 0, "SPICE Worker", "SPICE"},
	{PLACED_WORKER, 0, 0, "worker", "worker"},
	{PLACED_WORKER, 0, 0, "qemu-system-x86", "worker"},
	{PLACED_WORKER, 0, 0, "call_rcu", "worker (call_rcu)"},
	{PLACED_WORKER, 0, 0, "\033[2J", "worker (\\x1b[2J)"},
};

static void test_roles(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
		PlacedThread thread = {.role = roles[i].role, .index = roles[i].index};
		g_autofree char *role = NULL;

		thread.thread.flags = roles[i].flags;
		g_strlcpy(thread.thread.comm, roles[i].comm, sizeof(thread.thread.comm));
		role = stat_role(&thread);
		assert_string_equal(role, roles[i].shown);
	}
}

#define A "11111111-2222-4333-8444-555555555551"
#define B "11111111-2222-4333-8444-555555555552"

static void add_thread(GArray *threads, PlacedThread thread, pid_t tid, const char *comm,
		       guint allowed, guint64 seconds)
{
	thread.thread.tid = tid;
	thread.thread.cpu_ticks = seconds * (guint64)sysconf(_SC_CLK_TCK);
	thread.thread.last_cpu = allowed;
	cpuset_add(&thread.thread.allowed, allowed);
	g_strlcpy(thread.thread.comm, comm, sizeof(thread.thread.comm));
	g_array_append_val(threads, thread);
}

/* One that runs with a vCPU away from its place, and one that has no config and an evil name. */
static GPtrArray *two_vms(VmConfig *vm)
{
	static VmStat stats[2];
	GPtrArray *array = g_ptr_array_new();
	PlacedThread emulator = {.role = PLACED_EMULATOR, .planned = TRUE, .in_place = TRUE};
	PlacedThread vcpu = {.role = PLACED_VCPU,
			     .planned = TRUE,
			     .wanted_policy = SCHED_FIFO,
			     .wanted_priority = 80};

	vm->rt = TRUE;
	cpuset_add(&vcpu.wanted, 3);
	stats[0] = (VmStat){.uuid = A, .name = (char *)"rt", .vm = vm, .defined = TRUE,
			    .state = DOMAIN_RUNNING, .pid = 4711, .vcpus = 1, .cpus = (char *)"2-3",
			    .astray = 1};
	stats[0].broken = g_ptr_array_new();
	stats[0].threads = g_array_new(FALSE, TRUE, sizeof(PlacedThread));
	add_thread(stats[0].threads, emulator, 4711, "qemu-system-x86", 2, 61);
	add_thread(stats[0].threads, vcpu, 4712, "CPU 0/KVM", 2, 3600);
	stats[1] = (VmStat){.uuid = B, .name = (char *)"\033[31m\xff", .problem = (char *)"gone\n"};
	stats[1].broken = g_ptr_array_new();
	g_ptr_array_add(array, &stats[0]);
	g_ptr_array_add(array, &stats[1]);
	return array;
}

static void two_vms_free(GPtrArray *stats)
{
	for (guint i = 0; i < stats->len; i++) {
		VmStat *stat = stats->pdata[i];

		g_ptr_array_unref(stat->broken);
		g_clear_pointer(&stat->threads, g_array_unref);
	}
	g_ptr_array_unref(stats);
}

static void test_text(void **state)
{
	g_autoptr(VmConfig) vm = vm_config_new(A);
	GPtrArray *stats = two_vms(vm);
	g_autofree char *text = vm_stat_text(stats);

	(void)state;
	assert_string_equal(
		text,
		"VM            STATE         PID  VCPUS  RT   CPUS  CONFIGURED  UUID\n"
		"rt            running      4711      1  yes  2-3   yes         " A "\n"
		"\\x1b[31m\\xff  not defined     -      ?  -    -     no          " B "\n"
		"\n"
		"rt, pid 4711: 2 threads, 1 not where the plan wants it\n"
		"   TID  THREAD     POLICY       PRIO  CPUS  LAST  CPU TIME\n"
		"  4711  emulator   SCHED_OTHER     0  2        2   1:01.00\n"
		"  4712  CPU 0/KVM  SCHED_OTHER     0  2        2  60:00.00"
		"  ! planned: SCHED_FIFO 80 on CPU 3\n"
		"\n"
		"\\x1b[31m\\xff: gone\\n\n");
	assert_false(stat_in_place(stats));
	two_vms_free(stats);
}

static void test_json(void **state)
{
	g_autoptr(VmConfig) vm = vm_config_new(A);
	GPtrArray *stats = two_vms(vm);
	g_autofree char *text = vm_stat_json(stats, TRUE);
	json_t *json = json_loads(text, 0, NULL), *first, *thread;

	(void)state;
	assert_non_null(json);
	assert_true(json_is_false(json_object_get(json, "in_place")));
	assert_int_equal(json_array_size(json_object_get(json, "vms")), 2);
	first = json_array_get(json_object_get(json, "vms"), 0);
	assert_int_equal(json_integer_value(json_object_get(first, "pid")), 4711);
	assert_int_equal(json_integer_value(json_object_get(first, "away")), 1);
	thread = json_array_get(json_object_get(first, "threads"), 1);
	assert_string_equal(json_string_value(json_object_get(thread, "wanted_policy")),
			    "SCHED_FIFO");
	assert_true(json_is_false(json_object_get(thread, "in_place")));
	assert_true(json_real_value(json_object_get(thread, "cpu_seconds")) == 3600.0);
	json_decref(json);
	two_vms_free(stats);
}

static void test_nothing(void **state)
{
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_autofree char *text = vm_stat_text(none);

	(void)state;
	assert_string_equal(text, "No VM is configured, and none runs.\n");
	assert_true(stat_in_place(none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
