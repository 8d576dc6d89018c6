/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPUs that are offline beside a VM, and come back whatever became of it and of lathe. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>

#include "error.h"
#include "siblings.h"
#include "tree.h"
#include "waiter.h"

#define A "11111111-2222-4333-8444-555555555551"
#define B "11111111-2222-4333-8444-555555555552"

typedef struct {
	char *tree, *state;
	Root *root;
	char *directory;
	Waiter *waiter;
	GPtrArray *notes;
} Machine;

static void write_online(const char *tree, guint cpu, const char *text)
{
	g_autofree char *path = g_strdup_printf("sys/devices/system/cpu/cpu%u/online", cpu);

	tree_write(tree, path, text);
}

static Machine machine_new(void)
{
	Machine machine = {.tree = tree_new_in_memory(), .state = tree_new_in_memory()};

	tree_write(machine.tree, "etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	tree_write(machine.tree, "proc/sys/kernel/random/boot_id", "boot-1\n");
	for (guint cpu = 1; cpu < 8; cpu++)
		write_online(machine.tree, cpu, "1\n");
	machine.root = root_open_writable(machine.tree, NULL);
	machine.directory = siblings_directory(machine.state);
	machine.waiter = waiter_new();
	machine.notes = g_ptr_array_new_with_free_func(g_free);
	return machine;
}

static void machine_clear(Machine *machine)
{
	g_ptr_array_unref(machine->notes);
	waiter_free(machine->waiter);
	g_free(machine->directory);
	root_free(machine->root);
	tree_free(machine->state);
	tree_free(machine->tree);
}

/* The CPUs among 1 to 7 whose file says that they are online. */
static char *online(const Machine *machine)
{
	Cpuset cpus = {0};

	for (guint cpu = 1; cpu < 8; cpu++) {
		g_autofree char *path =
			g_strdup_printf("sys/devices/system/cpu/cpu%u/online", cpu);
		g_autofree char *text = NULL;

		if (root_read_line(machine->root, path, &text, NULL, NULL) &&
		    strcmp(text, "1") == 0)
			cpuset_add(&cpus, cpu);
	}
	return cpulist_format(&cpus);
}

static void assert_online(const Machine *machine, const char *wanted)
{
	g_autofree char *seen = online(machine);

	assert_string_equal(seen, wanted);
}

static gboolean take(Machine *machine, const char *uuid, const char *offline, GError **error)
{
	g_autoptr(VmConfig) vm = vm_config_new(uuid);
	VmLayout layout = {.vm = vm};

	vm->name = g_strdup("vm");
	assert_true(cpulist_parse("2-3", CPUSET_CPUS, &layout.cpuset, NULL));
	if (*offline)
		assert_true(cpulist_parse(offline, CPUSET_CPUS, &layout.offline, NULL));
	return siblings_take(machine->root, machine->directory, &layout, machine->waiter,
			     machine->notes, error);
}

static void recover(Machine *machine)
{
	assert_true(siblings_recover(machine->root, machine->directory, machine->notes, NULL));
}

static char *held(const Machine *machine, const char *uuid)
{
	Cpuset cpus;

	assert_true(siblings_held(machine->root, machine->directory, uuid, &cpus, NULL));
	return cpulist_format(&cpus);
}

static void run_qemu(const Machine *machine, const char *pid, const char *uuid)
{
	static const char words[] = "qemu\0-name\0guest=vm,debug-threads=on\0-uuid\0";
	g_autofree char *path = g_strdup_printf("proc/%s/cmdline", pid);
	g_autoptr(GString) argv = g_string_new(NULL);

	g_string_append_len(argv, words, sizeof(words) - 1);
	g_string_append_len(argv, uuid, (gssize)strlen(uuid) + 1);
	tree_write_bytes(machine->tree, path, argv->str, (gssize)argv->len);
}

static void test_offline_while_it_runs(void **state)
{
	Machine machine = machine_new();
	g_autofree char *during = NULL, *after = NULL;

	(void)state;
	assert_true(take(&machine, A, "5-6", NULL));
	assert_online(&machine, "1-4,7");
	during = held(&machine, A);
	assert_string_equal(during, "5-6");
	assert_true(siblings_any(machine.directory));
	run_qemu(&machine, "77", A);
	recover(&machine);
	assert_online(&machine, "1-4,7");
	assert_true(siblings_give_back(machine.root, machine.directory, A, machine.notes, NULL));
	assert_online(&machine, "1-7");
	after = held(&machine, A);
	assert_string_equal(after, "");
	assert_false(siblings_any(machine.directory));
	assert_int_equal(machine.notes->len, 0);
	machine_clear(&machine);
}

/* Each VM has its own. A name that is no UUID is not ours. */
static void test_back_when_it_is_gone(void **state)
{
	Machine machine = machine_new();
	g_autofree char *other = g_build_filename(machine.directory, "of-somebody", NULL);

	(void)state;
	assert_true(take(&machine, A, "5", NULL));
	assert_true(take(&machine, B, "6", NULL));
	assert_int_equal(g_mkdir_with_parents(other, 0755), 0);
	run_qemu(&machine, "78", B);
	recover(&machine);
	assert_online(&machine, "1-5,7");
	assert_true(g_file_test(other, G_FILE_TEST_IS_DIR));
	machine_clear(&machine);
}

static void test_without_siblings_nothing_is_written(void **state)
{
	Machine machine = machine_new();

	(void)state;
	assert_true(take(&machine, A, "", NULL));
	assert_false(g_file_test(machine.directory, G_FILE_TEST_EXISTS));
	recover(&machine);
	assert_false(siblings_any(machine.directory));
	machine_clear(&machine);
}

static void test_cpu_0_stays(void **state)
{
	Machine machine = machine_new();

	(void)state;
	assert_true(take(&machine, A, "0,5,9", NULL));
	assert_online(&machine, "1-4,6-7");
	assert_int_equal(machine.notes->len, 2);
	assert_string_equal(machine.notes->pdata[0],
			    "CPU 0, a sibling of a CPU of \"vm\", cannot go offline");
	assert_string_equal(machine.notes->pdata[1],
			    "CPU 9, a sibling of a CPU of \"vm\", cannot go offline");
	machine_clear(&machine);
}

/* One does not go: none does. */
static void test_all_or_none(void **state)
{
	Machine machine = machine_new();
	g_autofree char *path =
		g_build_filename(machine.tree, "sys/devices/system/cpu/cpu6/online", NULL);
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_int_equal(g_unlink(path), 0);
	assert_int_equal(g_mkdir(path, 0755), 0);
	assert_false(take(&machine, A, "5-7", &error));
	assert_true(g_str_has_prefix(error->message,
				     "take the siblings of the CPUs of \"vm\" offline: "));
	assert_online(&machine, "1-5,7");
	assert_false(siblings_any(machine.directory));
	machine_clear(&machine);
}

/* lathe was killed before it had completed the journal. */
static void test_back_after_a_kill(void **state)
{
	Machine machine = machine_new();
	g_autofree char *path = g_build_filename(machine.directory, A, "journal", NULL);
	g_autofree char *text = NULL;
	gsize length;

	(void)state;
	assert_true(take(&machine, A, "5-6", NULL));
	assert_true(g_file_get_contents(path, &text, &length, NULL));
	text[length - 1] = '\0';
	*strrchr(text, '\n') = '\0';
	assert_true(g_file_set_contents(path, text, -1, NULL));
	recover(&machine);
	assert_online(&machine, "1-7");
	assert_false(siblings_any(machine.directory));
	machine_clear(&machine);
}

static void test_what_others_set_stays(void **state)
{
	Machine machine = machine_new();

	(void)state;
	assert_true(take(&machine, A, "5-6", NULL));
	write_online(machine.tree, 5, "2\n");
	recover(&machine);
	assert_online(&machine, "1-4,6-7");
	assert_int_equal(machine.notes->len, 1);
	assert_string_equal(machine.notes->pdata[0],
			    "sys/devices/system/cpu/cpu5/online holds '2', which somebody else "
			    "set: it was left");
	machine_clear(&machine);
}

static void test_damaged_journal(void **state)
{
	Machine machine = machine_new();
	g_autofree char *path = g_build_filename(machine.directory, A, "journal", NULL);
	g_autoptr(GError) error = NULL;
	Cpuset cpus;

	(void)state;
	assert_true(take(&machine, A, "5", NULL));
	assert_true(g_file_set_contents(path, "nonsense\n", -1, NULL));
	assert_false(siblings_held(machine.root, machine.directory, A, &cpus, NULL));
	assert_false(siblings_recover(machine.root, machine.directory, machine.notes, &error));
	assert_true(g_str_has_prefix(error->message, "bring siblings back online: "));
	assert_online(&machine, "1-4,6-7");
	machine_clear(&machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offline_while_it_runs),
		cmocka_unit_test(test_back_when_it_is_gone),
		cmocka_unit_test(test_without_siblings_nothing_is_written),
		cmocka_unit_test(test_cpu_0_stays),
		cmocka_unit_test(test_all_or_none),
		cmocka_unit_test(test_back_after_a_kill),
		cmocka_unit_test(test_what_others_set_stays),
		cmocka_unit_test(test_damaged_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
