/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sched.h>
#include <pthread.h>
#include <glib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "argv.h"
#include "error.h"
#include "hand-plan.h"
#include "placement.h"
#include "proc.h"
#include "qemu_process.h"
#include "tree.h"

/* ---- which process is it ---- */

#define UUID "bacda522-de9c-4cc8-a53a-aeed14b23bbf"
#define NAMED(name) "qemu\0-name\0guest=" name ",debug-threads=on\0-uuid\0" UUID "\0"
#define BYTES(text) .cmdline = (text), .length = sizeof(text) - 1

static const struct {
	const char *pid;
	const char *cmdline;
	gssize length;
} processes[] = {
	{"1", BYTES("init\0")},
	{"2", BYTES("")},
	{"10", BYTES(NAMED("lathe-1") "-object\0{\"file\":\"/run/l/lib/key\"}\0")},
	{"11", BYTES(NAMED("lathe-11") "-object\0{\"file\":\"/run/l/lib/key\"}\0")},
	{"12", BYTES(NAMED("lathe-2") "-object\0{\"file\":\"/run/l2/lib/key\"}\0")},
	{"13", BYTES(NAMED("web") "-object\0{\"file\":\"/run/l/lib/key\"}\0")},
	{"14", BYTES("qemu\0-name\0guest=lathe-1\0-uuid\0other\0/run/l\0")},
	{"15", BYTES("grep\0guest=lathe-1\0/run/l/\0")},
	{"16", BYTES("qemu\0-name\0")},
	/* One named "a,b", and none named "a". */
	{"17", BYTES("qemu\0-name\0guest=a,,b,debug-threads=on\0-uuid\0comma\0")},
	{"twin", BYTES(NAMED("lathe-1"))},
	{"20", BYTES(NAMED("twins"))},
	{"21", BYTES(NAMED("twins"))},
};

static void write_processes(const char *tree)
{
	for (gsize i = 0; i < G_N_ELEMENTS(processes); i++) {
		g_autofree char *path = g_strdup_printf("proc/%s/cmdline", processes[i].pid);

		tree_write_bytes(tree, path, processes[i].cmdline, processes[i].length);
	}
}

static void test_find(void **state)
{
	char *tree = tree_new();
	g_autoptr(Root) root = root_open_captured(tree, NULL);
	g_autoptr(GError) error = NULL;
	pid_t pid = 0;

	(void)state;
	write_processes(tree);
	assert_true(qemu_process_find(root, "lathe-1", UUID, &pid, NULL));
	assert_int_equal(pid, 10);
	assert_false(qemu_process_find(root, "lathe", UUID, &pid, &error));
	assert_string_equal(error->message,
			    "0 processes of this machine are QEMU with domain 'lathe', "
			    "UUID " UUID "; one was expected");
	g_clear_error(&error);
	assert_true(qemu_process_find(root, "a,b", "comma", &pid, NULL));
	assert_int_equal(pid, 17);
	assert_false(qemu_process_find(root, "a", "comma", &pid, NULL));
	assert_true(qemu_process_find(root, "lathe-1", UUID, &pid, NULL));
	assert_false(qemu_process_find(root, "twins", UUID, &pid, &error));
	assert_string_equal(error->message,
			    "2 processes of this machine are QEMU with domain 'twins', "
			    "UUID " UUID "; one was expected");
	assert_int_equal(pid, 10);
	tree_free(tree);
}

static void test_find_uuid(void **state)
{
	char *tree = tree_new();
	g_autoptr(Root) root = root_open_captured(tree, NULL);
	g_autoptr(GError) error = NULL;
	pid_t pid = 1;

	(void)state;
	write_processes(tree);
	assert_true(qemu_process_find_uuid(root, "other", &pid, NULL));
	assert_int_equal(pid, 14);
	assert_true(qemu_process_find_uuid(root, "none", &pid, NULL));
	assert_int_equal(pid, 0);
	assert_false(qemu_process_find_uuid(root, UUID, &pid, &error));
	assert_string_equal(error->message,
			    "6 processes of this machine are QEMU with UUID " UUID);
	tree_free(tree);
}

static void test_list(void **state)
{
	char *tree = tree_new();
	g_autoptr(Root) root = root_open_captured(tree, NULL);
	g_autoptr(GArray) pids = NULL;

	(void)state;
	write_processes(tree);
	pids = qemu_process_list(root, "/run/l", NULL);
	assert_int_equal(pids->len, 2);
	assert_int_equal(g_array_index(pids, pid_t, 0), 10);
	assert_int_equal(g_array_index(pids, pid_t, 1), 11);
	tree_free(tree);
}

/* A real process: found, not gone, killed, gone. */
static void test_kill(void **state)
{
	const char *argv[] = {"sh",    "-c", "read line",		"-name",
			      "guest=lathe-test", "-uuid", UUID, "/nowhere/lathe-test/x", NULL};
	g_autoptr(Root) live = root_open_live(NULL);
	g_autoptr(GArray) listed = NULL;
	GPid child;
	pid_t found;
	int input, pidfd;

	(void)state;
	assert_true(g_spawn_async_with_pipes(NULL, (char **)argv, NULL,
					     G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
					     NULL, NULL, &child, &input, NULL, NULL, NULL));
	assert_true(qemu_process_find(live, "lathe-test", UUID, &found, NULL));
	assert_int_equal(found, child);
	listed = qemu_process_list(live, "/nowhere/lathe-test", NULL);
	assert_int_equal(listed->len, 1);
	pidfd = qemu_process_open(child);
	assert_true(pidfd >= 0);
	assert_false(qemu_process_wait_gone(pidfd, 0));
	assert_true(qemu_process_kill(pidfd, 10000));
	assert_true(qemu_process_wait_gone(pidfd, 0));
	close(pidfd);
	close(input);
	g_spawn_close_pid(child);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* ---- where its threads are ---- */

/* Fields 4 to 41 of a stat line, with processor, rt_priority, policy. */
#define FIELDS(processor, priority, policy) FLAGS("4194560", processor, priority, policy)
#define FLAGS(flags, processor, priority, policy)                                            \
	"1 1 1 0 -1 " flags " 1 0 0 0 7 5 0 0 20 -5 2 0 99 1000 100 1844674407370955 1 1 0 0 0 0 0 " \
	"0 0 0 0 0 -1 " processor " " priority " " policy

typedef struct {
	const char *tid, *comm, *stat, *allowed;
	const char *role, *wanted_cpus;
	gboolean in_place;
} ThreadRow;

/* vCPU 0 on CPU 2, vCPU 1 on CPU 3, emulator 0-1, IOThread 1. */
static const ThreadRow good[] = {
	{"100", "qemu-system-x86", FIELDS("0", "0", "0"), "0-1", "emulator", "0-1", TRUE},
	{"101", "call_rcu", FIELDS("1", "0", "0"), "0-1", "worker", "0-1", TRUE},
	{"102", "IO iothread1", FIELDS("1", "0", "0"), "1", "iothread 1", "1", TRUE},
	{"103", "IO mon_iothread", FIELDS("1", "0", "0"), "1", "worker", "0-1", TRUE},
	{"104", "CPU 0/KVM", FIELDS("2", "0", "0"), "2", "vcpu 0", "2", TRUE},
	{"105", "CPU 1/KVM", FIELDS("3", "80", "1"), "3", "vcpu 1", "3", TRUE},
	{"106", "kvm-nx-lpage-re", FIELDS("0", "0", "0"), "0-1", "worker", "0-1", TRUE},
	{"107", "vhost-100", FIELDS("0", "0", "0"), "0-1", "vhost", "0-1", TRUE},
};

static const ThreadRow astray[] = {
	{"100", "qemu-system-x86", FIELDS("0", "0", "0"), "0-3", "emulator", "0-1", FALSE},
	{"101", "worker", FIELDS("1", "10", "1"), "0-1", "worker", "0-1", FALSE},
	{"102", "iothread1", FIELDS("1", "0", "0"), "2", "iothread 1", "1", FALSE},
	{"103", "CPU 1/TCG/", FIELDS("1", "0", "3"), "1", "worker", "0-1", FALSE},
	{"104", "CPU 0/TCG", FIELDS("2", "1", "2"), "2", "vcpu 0", "2", FALSE},
	{"105", "CPU 1/TCG", FIELDS("3", "79", "1"), "3", "vcpu 1", "3", FALSE},
	{"106", "\033[2J(x)", FIELDS("0", "0", "0"), "3", "worker", "0-1", FALSE},
	{"107", "vhost-100", FIELDS("3", "80", "1"), "3", "vhost", "0-1", FALSE},
};

static void write_thread_of(const char *tree, const char *pid, const ThreadRow *row)
{
	g_autofree char *directory = g_strdup_printf("proc/%s/task/%s", pid, row->tid);
	g_autofree char *stat = g_build_filename(directory, "stat", NULL);
	g_autofree char *status = g_build_filename(directory, "status", NULL);
	g_autofree char *stat_text =
		g_strdup_printf("%s (%s) S %s 0\n", row->tid, row->comm, row->stat);
	g_autofree char *status_text =
		g_strdup_printf("Name:\tx\nCpus_allowed_list:\t%s\nvoluntary_ctxt_switches:\t1\n"
				"nonvoluntary_ctxt_switches:\t2\n",
				row->allowed);

	tree_write(tree, stat, stat_text);
	tree_write(tree, status, status_text);
}

static void write_thread(const char *tree, const ThreadRow *row)
{
	write_thread_of(tree, "100", row);
}

static void free_place(gpointer data)
{
	RunPlace *place = data;

	g_free(place->role), g_free(place->comm), g_free(place->policy);
	g_free(place->wanted_policy), g_free(place->cpus_allowed), g_free(place->wanted_cpus);
	g_free(place);
}

static void check_places(const ThreadRow *rows, gsize n)
{
	char *tree = tree_new();
	g_autoptr(Root) root = root_open_captured(tree, NULL);
	g_autoptr(Plan) plan = hand_plan(2, "2-3", "0-1", "1", FALSE);
	g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(free_place);
	g_autofree char *empty = g_build_filename(tree, "proc/100/task/108", NULL);

	for (gsize i = 0; i < n; i++)
		write_thread(tree, &rows[i]);
	assert_true(placement_read(root, 100, plan, places, NULL));
	assert_int_equal(places->len, n);
	for (gsize i = 0; i < n; i++) {
		const RunPlace *place = places->pdata[i];

		assert_string_equal(place->role, rows[i].role);
		assert_string_equal(place->cpus_allowed, rows[i].allowed);
		assert_string_equal(place->wanted_cpus, rows[i].wanted_cpus);
		assert_int_equal(place->in_place, rows[i].in_place);
		assert_null(strchr(place->comm, '\033'));
		assert_string_equal(place->wanted_policy, strcmp(place->role, "vcpu 1") == 0
								  ? "SCHED_FIFO"
								  : "SCHED_OTHER");
		assert_int_equal(place->wanted_priority,
				 strcmp(place->role, "vcpu 1") == 0 ? PLAN_VCPU_PRIORITY : 0);
	}
	/* A thread that is there and cannot be read is not one that has ended. */
	assert_int_equal(g_mkdir(empty, 0755), 0);
	assert_false(placement_read(root, 100, plan, places, NULL));
	assert_int_equal(places->len, n);
	tree_free(tree);
}

static void test_places(void **state)
{
	(void)state;
	check_places(good, G_N_ELEMENTS(good));
	check_places(astray, G_N_ELEMENTS(astray));
}

/* What is no thread of QEMU: PF_KTHREAD is 0x00200000. */
static const ThreadRow others[] = {
	{"50", "vhost-100", FLAGS("2129984", "0", "0", "0"), "0-1", "vhost (kernel)", "0-1", TRUE},
	{"51", "vhost-100", FLAGS("2129984", "3", "0", "0"), "0-3", "vhost (kernel)", "0-1", FALSE},
	/* another VM's, one that only calls itself so, another name */
	{"52", "vhost-1000", FLAGS("2129984", "3", "0", "0"), "0-3", NULL, NULL, FALSE},
	{"53", "vhost-100", FLAGS("4194560", "3", "0", "0"), "0-3", NULL, NULL, FALSE},
	{"54", "kworker/0:1", FLAGS("2129984", "3", "0", "0"), "0-3", NULL, NULL, FALSE},
};

/* Without a plan nothing is wanted of a thread; a vCPU that the plan does not know is astray. */
static void test_threads(void **state)
{
	char *tree = tree_new();
	g_autoptr(Root) root = root_open_captured(tree, NULL);
	g_autoptr(Plan) plan = hand_plan(2, "2-3", "0-1", "1", FALSE);
	g_autoptr(GArray) unplanned = NULL, threads = NULL;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		write_thread(tree, &good[i]);
	unplanned = placement_threads(root, 100, NULL, NULL);
	assert_int_equal(unplanned->len, G_N_ELEMENTS(good));
	plan->n_vcpus = 1;
	threads = placement_threads(root, 100, plan, NULL);
	plan->n_vcpus = 2;
	assert_int_equal(threads->len, G_N_ELEMENTS(good));
	for (guint i = 0; i < threads->len; i++) {
		const PlacedThread *thread = &g_array_index(threads, PlacedThread, i);
		gboolean unknown = thread->role == PLACED_VCPU && thread->index == 1;

		assert_false(g_array_index(unplanned, PlacedThread, i).planned);
		assert_true(thread->planned);
		assert_int_equal(thread->in_place, !unknown);
	}
	tree_free(tree);
}

static void test_kernel_threads_of_vhost(void **state)
{
	char *tree = tree_new();
	g_autoptr(Root) root = root_open_captured(tree, NULL);
	g_autoptr(Plan) plan = hand_plan(2, "2-3", "0-1", "1", FALSE);
	g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(free_place);
	const gsize of_qemu = G_N_ELEMENTS(good);

	(void)state;
	for (gsize i = 0; i < of_qemu; i++)
		write_thread(tree, &good[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
		write_thread_of(tree, others[i].tid, &others[i]);
	assert_true(placement_read(root, 100, plan, places, NULL));
	assert_int_equal(places->len, of_qemu + 2);
	for (gsize i = 0; i < 2; i++) {
		const RunPlace *place = places->pdata[of_qemu + i];

		assert_string_equal(place->role, others[i].role);
		assert_string_equal(place->wanted_cpus, others[i].wanted_cpus);
		assert_string_equal(place->wanted_policy, "SCHED_OTHER");
		assert_int_equal(place->in_place, others[i].in_place);
	}
	tree_free(tree);
}

static const struct {
	const char *second; /* name of thread 105 */
	const char *third;  /* of 106 */
	const char *error;
} incomplete[] = {
	{"CPU 1/KV", "worker", "QEMU process 100 has no thread of vCPU 1"},
	{"CPU 0/KVM", "CPU 1/KVM", "QEMU process 100 has two threads of vCPU 0"},
	{"CPU 1/KVM", "CPU 2/KVM",
	 "QEMU process 100 has a thread of vCPU 2; the plan has 2 vCPUs"},
};

static void test_incomplete(void **state)
{
	g_autoptr(Plan) plan = hand_plan(2, "2-3", "0-1", "1", FALSE);
	g_autoptr(GPtrArray) places = g_ptr_array_new();
	g_autoptr(GError) error = NULL;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(incomplete); i++) {
		char *tree = tree_new();
		g_autoptr(Root) root = root_open_captured(tree, NULL);
		ThreadRow second = good[5], third = good[6];
		g_autofree char *wanted = NULL;

		second.comm = incomplete[i].second;
		third.comm = incomplete[i].third;
		write_thread(tree, &good[0]);
		write_thread(tree, &good[4]);
		write_thread(tree, &second);
		write_thread(tree, &third);
		assert_false(placement_read(root, 100, plan, places, &error));
		wanted = g_strconcat("compare QEMU's threads with the plan: ",
				     incomplete[i].error, NULL);
		assert_string_equal(error->message, wanted);
		assert_int_equal(places->len, 0);
		g_clear_error(&error);
		tree_free(tree);
	}
}

/* ---- what it was given ---- */

#define TCG_MACHINE "pc-q35-7.2,usb=off,dump-guest-core=off,mem-merge=off"
#define KVM_MACHINE TCG_MACHINE ",hpet=off"
#define KVM_CPU	    "host,migratable=off,kvm-hint-dedicated=on,pmu=off,host-cache-info=on"

/* Changes one argument of a good command line: at `option` (NULL: append) to `value` (NULL:
 * drop both). The only deviation must be `deviation` (NULL: none). */
static const struct {
	Accel accel;
	const char *option, *value;
	const char *deviation;
} arguments[] = {
	{ACCEL_TCG, "-m", "512", NULL},
	{ACCEL_KVM, "-m", "512", NULL},
	{ACCEL_TCG, "-m", "size=524288k", NULL},
	{ACCEL_TCG, "-m", "256", "QEMU's -m is '256', '512' was asked for"},
	{ACCEL_TCG, "-m", "512G", "QEMU's -m is '512G', '512' was asked for"},
	{ACCEL_TCG, "-m", NULL, "QEMU's -m is missing, '512' was asked for"},
	{ACCEL_TCG, "-accel", "kvm", "QEMU's accelerator is 'kvm', 'tcg' was asked for"},
	{ACCEL_KVM, "-accel", "tcg", "QEMU's accelerator is 'tcg', 'kvm' was asked for"},
	{ACCEL_TCG, "-accel", "tcg,thread=multi", NULL},
	{ACCEL_TCG, "-accel", NULL, "QEMU's accelerator is missing, 'tcg' was asked for"},
	{ACCEL_TCG, NULL, "-enable-kvm", "QEMU was given more than one accelerator"},
	{ACCEL_TCG, "-kernel", "/image/old", "QEMU's -kernel is '/image/old', '/image/vmlinux' "
					     "was asked for"},
	{ACCEL_TCG, "-initrd", NULL, "QEMU's -initrd is missing, '/image/initrd' was asked for"},
	{ACCEL_TCG, "-append", "isolcpus=1 \033[1m",
	 "QEMU's -append is 'isolcpus=1 \\x1b[1m', 'isolcpus=1' was asked for"},
	{ACCEL_TCG, "-smp", "1,sockets=1", "QEMU's -smp is '1', '2' was asked for"},
	{ACCEL_TCG, "-overcommit", "mem-lock=on", "QEMU's -overcommit mem-lock is 'on', 'off' was "
						  "asked for"},
	{ACCEL_TCG, "-overcommit", NULL, "QEMU's -overcommit mem-lock is missing, 'off' was asked "
					 "for"},
	{ACCEL_TCG, "-machine", "pc-q35-7.2,usb=off", "QEMU's -machine mem-merge is missing, "
						      "'off' was asked for"},
	{ACCEL_TCG, "-machine", "pc-q35-7.2,usb=on,mem-merge=off",
	 "QEMU's -machine usb is 'on', 'off' was asked for"},
	{ACCEL_TCG, NULL, "-usb", "QEMU was given -usb"},
	{ACCEL_TCG, "-device", "{\"driver\":\"qemu-xhci\"}",
	 "QEMU has a device that was not asked for: {\"driver\":\"qemu-xhci\"}"},
	{ACCEL_TCG, "-device", "virtio-balloon-pci,id=b",
	 "QEMU has a device that was not asked for: virtio-balloon-pci,id=b"},
	{ACCEL_TCG, "-rtc", "base=utc", NULL},
	{ACCEL_TCG, "-icount", "shift=3",
	 "QEMU runs with -icount: one thread emulates all vCPUs and the guest's time is not real"},
	{ACCEL_KVM, "-cpu", "max,migratable=off,kvm-hint-dedicated=on,pmu=off,host-cache-info=on",
	 "QEMU's -cpu is 'max', 'host' was asked for"},
	{ACCEL_KVM, "-cpu", "host,migratable=off,kvm-hint-dedicated=on,host-cache-info=on",
	 "QEMU's -cpu pmu is missing, 'off' was asked for"},
	{ACCEL_KVM, "-cpu", "host,migratable=off,pmu=off,host-cache-info=on",
	 "QEMU's -cpu kvm-hint-dedicated is missing, 'on' was asked for"},
	{ACCEL_KVM, "-machine", TCG_MACHINE, "QEMU's -machine hpet is missing, 'off' was asked "
					     "for"},
};

static GPtrArray *good_argv(Accel accel)
{
	const char *words[] = {
		"/usr/bin/qemu-system-x86_64", "-name", "guest=lathe-1,debug-threads=on", "-S",
		"-machine", accel == ACCEL_KVM ? KVM_MACHINE : TCG_MACHINE,
		"-accel", accel_name(accel), "-cpu", accel == ACCEL_KVM ? KVM_CPU : "max",
		"-m", "512", "-overcommit", "mem-lock=off", "-smp", "2,sockets=1,cores=2",
		"-no-user-config", "-nodefaults", "-no-shutdown",
		"-kernel", "/image/vmlinux", "-initrd", "/image/initrd",
		"-append", "isolcpus=1",
	};
	GPtrArray *argv = g_ptr_array_new();

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		g_ptr_array_add(argv, (gpointer)words[i]);
	return argv;
}

static void change(GPtrArray *argv, const char *option, const char *value)
{
	guint at = 0;

	if (option && g_ptr_array_find_with_equal_func(argv, option, g_str_equal, &at)) {
		g_ptr_array_remove_range(argv, at, 2);
		if (!value)
			return;
	}
	if (option)
		g_ptr_array_add(argv, (gpointer)option);
	g_ptr_array_add(argv, (gpointer)value);
}

static void test_argv(void **state)
{
	g_autoptr(Plan) plan = hand_plan(2, "2-3", "0-1", "1", FALSE);
	VmSpec spec = {.name = "lathe-1",
		       .plan = plan,
		       .memory_mib = 512,
		       .kernel = "/image/vmlinux",
		       .initrd = "/image/initrd",
		       .cmdline = "isolcpus=1"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(arguments); i++) {
		g_autoptr(GPtrArray) argv = good_argv(arguments[i].accel);
		g_autoptr(GPtrArray) deviations = g_ptr_array_new_with_free_func(g_free);

		spec.accel = arguments[i].accel;
		change(argv, arguments[i].option, arguments[i].value);
		g_ptr_array_add(argv, NULL);
		argv_check((const char *const *)argv->pdata, &spec, deviations);
		if (!arguments[i].deviation) {
			if (deviations->len)
				fail_msg("row %zu: %s", i, (char *)deviations->pdata[0]);
			continue;
		}
		assert_int_equal(deviations->len, 1);
		assert_string_equal(deviations->pdata[0], arguments[i].deviation);
	}
}

/* An argument that looks like an option is a value where a value is due; nothing is read
 * beyond the end. */
static void test_argv_odd(void **state)
{
	static const char *const looks_like[] = {"qemu", "-append", "-icount", "-kernel", NULL};
	static const char *const empty[] = {NULL};
	g_autoptr(Plan) plan = hand_plan(2, "2-3", "0-1", "1", FALSE);
	g_autoptr(GPtrArray) deviations = g_ptr_array_new_with_free_func(g_free);
	const VmSpec spec = {.plan = plan, .accel = ACCEL_TCG, .memory_mib = 512, .kernel = "/k",
			     .initrd = "/i", .cmdline = "-icount"};

	(void)state;
	argv_check(looks_like, &spec, deviations);
	for (guint i = 0; i < deviations->len; i++) {
		assert_null(strstr(deviations->pdata[i], "-icount"));
		assert_null(strstr(deviations->pdata[i], "-append"));
	}
	assert_int_equal(deviations->len, 8);
	g_ptr_array_set_size(deviations, 0);
	argv_check(empty, &spec, deviations);
	assert_int_equal(deviations->len, 9);
}

/* A process with a thread that sits where a vCPU's thread would have made it sit. */
static void *stray(void *ready)
{
	char byte = 'x';

	prctl(PR_SET_NAME, "kvm-nx-lpage-re");
	if (write(*(int *)ready, &byte, 1) != 1)
		_exit(1);
	for (;;)
		pause();
	return NULL;
}

static void run_stray(int ready, guint cpu)
{
	pthread_attr_t attributes;
	pthread_t thread;
	struct sched_param fifo = {.sched_priority = 80};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_attr_init(&attributes);
	pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
	pthread_attr_setschedparam(&attributes, &fifo);
	pthread_attr_setaffinity_np(&attributes, sizeof(set), &set);
	if (pthread_create(&thread, &attributes, stray, &ready) != 0)
		_exit(1);
	for (;;)
		pause();
}

static void test_strays_are_moved(void **state)
{
	g_autoptr(Root) live = root_open_live(NULL);
	g_autoptr(Facts) facts = facts_read(live);
	g_autoptr(Plan) plan = plan_new(facts, 2, NULL, NULL);
	g_autoptr(GArray) tids = NULL;
	g_autoptr(GError) error = NULL;
	ProcThread thread;
	int ready[2];
	char byte;
	pid_t child;

	(void)state;
	assert_non_null(plan);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0)
		run_stray(ready[1], plan->vcpus[1].cpu);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	tids = proc_tasks(live, child, NULL);
	assert_int_equal(tids->len, 2);
	assert_true(proc_thread_read(live, child, g_array_index(tids, pid_t, 1), &thread, NULL));
	assert_int_equal(thread.policy, SCHED_FIFO);
	assert_true(placement_move_workers(live, child, plan, &error));
	assert_true(proc_thread_read(live, child, g_array_index(tids, pid_t, 1), &thread, NULL));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(thread.policy, SCHED_OTHER);
	assert_true(cpuset_equal(&thread.allowed, &plan->emulator));
}

/* A domain of anybody's: the command line of ours, held against what it might have asked for. */
static const struct {
	ArgvAsked asked;
	const char *more; /* one more -object */
	const char *deviation;
} asked_rows[] = {
	{{.accel = ACCEL_TCG, .n_vcpus = 2, .memory_kib = 512 * 1024}, NULL, NULL},
	{{.accel = ACCEL_TCG, .n_vcpus = 2}, NULL, NULL},
	{{.accel = ACCEL_TCG, .n_vcpus = 2, .iothreads = 1}, "{\"qom-type\":\"iothread\",\"id\":\"iothread1\"}", NULL},
	{{.accel = ACCEL_TCG, .n_vcpus = 2, .iothreads = 1}, "iothread,id=iothread1", NULL},
	{{.accel = ACCEL_TCG, .n_vcpus = 2, .iothreads = 1}, "{\"qom-type\":\"secret\",\"id\":\"iothread\"}",
	 "QEMU was given 0 IOThreads, 1 were asked for"},
	{{.accel = ACCEL_TCG, .n_vcpus = 4}, NULL, "QEMU's -smp is '2', '4' was asked for"},
	{{.accel = ACCEL_KVM, .n_vcpus = 2}, NULL, "QEMU's accelerator is 'tcg', 'kvm' was asked for"},
	{{.accel = ACCEL_TCG, .n_vcpus = 2, .lock_memory = TRUE}, NULL, "QEMU's -overcommit mem-lock is 'off', 'on' was asked for"},
	{{.accel = ACCEL_TCG, .n_vcpus = 2, .memory_kib = 1024}, NULL, "QEMU's -m is '512', '1' was asked for"},
	{{.accel = ACCEL_TCG, .n_vcpus = 2, .memory_kib = 1025}, NULL, "QEMU's -m is '512', '1025k' was asked for"},
};

static void test_asked(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(asked_rows); i++) {
		g_autoptr(GPtrArray) argv = good_argv(ACCEL_TCG);
		g_autoptr(GPtrArray) deviations = g_ptr_array_new_with_free_func(g_free);

		if (asked_rows[i].more) {
			g_ptr_array_add(argv, (gpointer) "-object");
			g_ptr_array_add(argv, (gpointer)asked_rows[i].more);
		}
		g_ptr_array_add(argv, NULL);
		argv_check_asked((const char *const *)argv->pdata, &asked_rows[i].asked,
				 deviations);
		assert_int_equal(deviations->len, asked_rows[i].deviation != NULL);
		if (asked_rows[i].deviation)
			assert_string_equal(deviations->pdata[0], asked_rows[i].deviation);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strays_are_moved),
		cmocka_unit_test(test_find_uuid), cmocka_unit_test(test_threads),
		cmocka_unit_test(test_find),	   cmocka_unit_test(test_list),
		cmocka_unit_test(test_kill),	   cmocka_unit_test(test_places),
		cmocka_unit_test(test_kernel_threads_of_vhost),
		cmocka_unit_test(test_incomplete), cmocka_unit_test(test_argv),
		cmocka_unit_test(test_argv_odd), cmocka_unit_test(test_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
