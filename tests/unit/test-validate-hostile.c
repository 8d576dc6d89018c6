/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trees that are not what they should be, through `lathe validate-host` itself: each gives
 * findings or a clear error, and never a crash, a hang, or a PASS that nobody could know.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <gio/gio.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

#define CPU "sys/devices/system/cpu/"

typedef struct {
	int status; /* of the exit */
	char *out, *err;
	json_t *findings; /* NULL when there are none */
} Outcome;

static void outcome_clear(Outcome *outcome)
{
	g_free(outcome->out);
	g_free(outcome->err);
	json_decref(outcome->findings);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

static Outcome judge(const char *root, const char *arguments)
{
	g_autofree char *program = g_build_filename(g_getenv("BUILD"), "lathe", NULL);
	g_autofree char *line = g_strdup_printf("%s validate-host --format json --root %s %s",
						program, root, arguments);
	g_auto(GStrv) argv = g_strsplit(g_strchomp(line), " ", -1);
	g_autoptr(GSubprocess) child = g_subprocess_newv(
		(const char *const *)argv,
		G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, NULL);
	Outcome outcome = {0};

	assert_non_null(child);
	assert_true(g_subprocess_communicate_utf8(child, NULL, NULL, &outcome.out, &outcome.err,
						  NULL));
	assert_true(g_subprocess_get_if_exited(child));
	outcome.status = g_subprocess_get_exit_status(child);
	outcome.findings = json_loads(outcome.out, 0, NULL);
	return outcome;
}

static const char *status_of(const Outcome *outcome, const char *id, const char **ret_reason)
{
	json_t *finding;
	size_t i;

	assert_non_null(outcome->findings);
	json_array_foreach(json_object_get(outcome->findings, "findings"), i, finding) {
		if (strcmp(json_string_value(json_object_get(finding, "id")), id) != 0)
			continue;
		*ret_reason = json_string_value(json_object_get(finding, "reason"));
		return json_string_value(json_object_get(finding, "status"));
	}
	fail_msg("no finding of %s", id);
	return NULL;
}

static void expect(const Outcome *outcome, const char *id, const char *status, const char *part)
{
	const char *reason = NULL;
	const char *seen = status_of(outcome, id, &reason);

	if (strcmp(seen, status) != 0)
		fail_msg("%s: %s instead of %s: %s", id, seen, status, reason ? reason : "");
	if (part && (!reason || !strstr(reason, part)))
		fail_msg("%s: '%s' is not in '%s'", id, part, reason ? reason : "");
}

static void expect_error(const char *root, const char *part)
{
	g_auto(Outcome) outcome = judge(root, "");

	if (outcome.status != 1 || *outcome.out || !strstr(outcome.err, part))
		fail_msg("status %d, '%s' is not in '%s'", outcome.status, part, outcome.err);
}

/* A whole tree of four CPUs, of which 2 and 3 are isolated. */
static int setup(void **state)
{
	char *root = tree_new_in_memory();

	tree_write(root, "lathe/complete", "lathe-capture/1\n");
	tree_write(root, "proc/cmdline", "isolcpus=managed_irq,domain,2-3 nohz_full=2-3\n");
	tree_write(root, CPU "online", "0-3\n");
	tree_write(root, CPU "possible", "0-3\n");
	tree_write(root, CPU "isolated", "2-3\n");
	tree_write(root, CPU "nohz_full", "2-3\n");
	*state = root;
	return 0;
}

static int teardown(void **state)
{
	tree_free(*state);
	return 0;
}

static char *in_tree(const char *root, const char *path)
{
	g_autofree char *name = g_build_filename(root, path, NULL);
	g_autofree char *parent = g_path_get_dirname(name);

	g_mkdir_with_parents(parent, 0755);
	g_unlink(name);
	return g_steal_pointer(&name);
}

static void link_to(const char *root, const char *path, const char *target)
{
	g_autofree char *name = in_tree(root, path);

	assert_int_equal(symlink(target, name), 0);
}

static void fifo_at(const char *root, const char *path)
{
	g_autofree char *name = in_tree(root, path);

	assert_int_equal(mkfifo(name, 0600), 0);
}

static void directory_at(const char *root, const char *path)
{
	g_autofree char *name = in_tree(root, path);

	assert_int_equal(g_mkdir(name, 0755), 0);
}

/* A file that costs no memory, and holds nothing but NUL bytes. */
static void sparse_at(const char *root, const char *path, off_t size)
{
	g_autofree char *name = in_tree(root, path);

	tree_write(root, path, "");
	assert_int_equal(truncate(name, size), 0);
}

static void test_good(void **state)
{
	g_auto(Outcome) outcome = judge(*state, "");

	expect(&outcome, "cpu.isolated", "PASS", NULL);
	expect(&outcome, "cpu.nohz_full", "PASS", NULL);
	expect(&outcome, "cpu.planned_online", "PASS", NULL);
	expect(&outcome, "boot.isolcpus", "PASS", NULL);
}

static void test_no_trees(void **state)
{
	const char *root = *state;
	g_autofree char *file = g_build_filename(root, "proc/cmdline", NULL);
	g_autofree char *fifo = NULL;
	char *empty = tree_new_in_memory();
	char *other = tree_new_in_memory();

	expect_error("/nonexistent/tree", "No such file or directory");
	expect_error(file, "Unrecognized archive format");
	expect_error(empty, "is no tree of a Linux machine");
	tree_write(other, "Windows/System32/drivers/etc/hosts", "127.0.0.1\n");
	tree_write(other, "proc/cmdline", "quiet\n");
	expect_error(other, "is no tree of a Linux machine");
	fifo_at(other, "fifo");
	fifo = g_build_filename(other, "fifo", NULL);
	expect_error(fifo, "is neither a directory nor a file");
	tree_free(empty);
	tree_free(other);
}

static void test_online_lists(void **state)
{
	const char *root = *state;

	tree_write(root, CPU "online", "");
	expect_error(root, CPU "online' holds no list of CPUs");
	tree_write(root, CPU "online", "3-1\n");
	expect_error(root, CPU "online' holds no list of CPUs");
	tree_write(root, CPU "online", "0-4294967295\n");
	expect_error(root, CPU "online' holds no list of CPUs");
	tree_write_bytes(root, CPU "online", "0-3\0\n", 5);
	expect_error(root, CPU "online' holds a NUL byte");
	fifo_at(root, CPU "online");
	expect_error(root, "Invalid argument");
	directory_at(root, CPU "online");
	expect_error(root, "Is a directory");
}

/* What cannot be what it should is UNKNOWN, with the reason. */
static void check_odd(const char *root, const char *part)
{
	g_auto(Outcome) outcome = judge(root, "--cpus 2-3");

	expect(&outcome, "cpu.isolated", "UNKNOWN", part);
}

static void test_files(void **state)
{
	const char *root = *state;
	g_autofree char *isolated = g_build_filename(root, CPU "isolated", NULL);
	g_autofree char *big = g_strnfill(8 << 20, '2');

	tree_write_bytes(root, CPU "isolated", "2-3\0", 4);
	check_odd(root, "not one line of text");
	tree_write_bytes(root, CPU "isolated", "\xff\xfe\x01\n", 4);
	check_odd(root, "makes no sense");
	tree_write(root, CPU "isolated", "2-3\n0-1\n");
	check_odd(root, NULL);
	tree_write(root, CPU "isolated", big);
	check_odd(root, "makes no sense");
	sparse_at(root, CPU "isolated", (off_t)65 << 20);
	check_odd(root, "File too large");
	sparse_at(root, CPU "isolated", (off_t)1 << 40);
	check_odd(root, "File too large");
	fifo_at(root, CPU "isolated");
	check_odd(root, "Invalid argument");
	directory_at(root, CPU "isolated");
	check_odd(root, "Is a directory");
	g_rmdir(isolated);
	check_odd(root, "No such file or directory");
}

/* Root reads everything: then there is nothing to be refused. */
static void test_unreadable(void **state)
{
	const char *root = *state;
	g_autofree char *isolated = g_build_filename(root, CPU "isolated", NULL);

	tree_write(root, "lathe/errors", "13\t" CPU "isolated\n5\tproc/cmdline\n");
	{
		g_auto(Outcome) outcome = judge(root, "--cpus 2-3");

		expect(&outcome, "cpu.isolated", "UNKNOWN", "Permission denied");
		expect(&outcome, "boot.isolcpus", "UNKNOWN", "Input/output error");
	}
	tree_write(root, "lathe/errors", "");
	assert_int_equal(g_chmod(isolated, 0), 0);
	if (geteuid() != 0)
		check_odd(root, "Permission denied");
}

static void test_links(void **state)
{
	const char *root = *state;
	char *outside = tree_new_in_memory();
	g_autofree char *target = g_build_filename(outside, "isolated", NULL);
	g_autofree char *climbing =
		g_strconcat("../../../../../../../../../../../../../..", target, NULL);

	tree_write(outside, "isolated", "2-3\n");
	link_to(root, CPU "isolated", target);
	check_odd(root, "No such file or directory");
	link_to(root, CPU "isolated", climbing);
	check_odd(root, "No such file or directory");
	link_to(root, CPU "isolated", "isolated");
	check_odd(root, "Too many levels of symbolic links");
	link_to(root, CPU "isolated", "/proc/self/fd/0");
	check_odd(root, "No such file or directory");
	/* One that stays inside is followed, whatever it looks like. */
	tree_write(root, "elsewhere", "2-3\n");
	link_to(root, CPU "isolated", "/../../../elsewhere");
	{
		g_auto(Outcome) outcome = judge(root, "--cpus 2-3");

		expect(&outcome, "cpu.isolated", "PASS", NULL);
	}
	tree_free(outside);
}

/* A folder that links into itself must not be walked for ever. */
static void test_link_loops(void **state)
{
	const char *root = *state;

	link_to(root, "sys/class/net/loop", "../net");
	link_to(root, "sys/devices/system/node/node0", "../node");
	link_to(root, "proc/irq/5", "../irq");
	link_to(root, "etc/security/limits.d/a.conf", "a.conf");
	link_to(root, "sys/fs/resctrl/again", "../resctrl");
	{
		g_auto(Outcome) outcome = judge(root, "");

		expect(&outcome, "cpu.isolated", "PASS", NULL);
	}
}

static void test_null_list(void **state)
{
	const char *root = *state;

	tree_write(root, CPU "nohz_full", "                                        (null)\n");
	{
		g_auto(Outcome) outcome = judge(root, "");

		expect(&outcome, "cpu.nohz_full", "WARN", "holds (null), not 2-3");
		expect(&outcome, "boot.nohz_full_effective", "FAIL", NULL);
	}
	tree_write(root, CPU "nohz_full", "                                        (nul\n");
	{
		g_auto(Outcome) outcome = judge(root, "");

		expect(&outcome, "cpu.nohz_full", "UNKNOWN", NULL);
	}
}

static void test_cpu_numbers(void **state)
{
	const char *root = *state;

	/* CPU 0 is offline, the numbers have holes and odd ones belong to the other socket. */
	tree_write(root, CPU "online", "1-2,5,8191\n");
	tree_write(root, CPU "possible", "0-8191\n");
	tree_write(root, CPU "isolated", "2,8191\n");
	tree_write(root, CPU "nohz_full", "2,8191\n");
	tree_write(root, "proc/cmdline", "isolcpus=managed_irq,domain,2,8191\n");
	{
		g_auto(Outcome) outcome = judge(root, "");

		expect(&outcome, "cpu.planned_online", "PASS", NULL);
		expect(&outcome, "cpu.isolated", "PASS", NULL);
		expect(&outcome, "boot.isolcpus", "PASS", NULL);
		/* None of them has a folder. */
		expect(&outcome, "cpu.socket_housekeeping", "UNKNOWN", NULL);
	}
	{
		g_auto(Outcome) outcome = judge(root, "--cpus 2,3");

		expect(&outcome, "cpu.planned_online", "FAIL", NULL);
		expect(&outcome, "cpu.isolated", "FAIL", NULL);
	}
}

/* As many columns as a large server has, and a device whose interrupts come to CPU 1151. */
static void test_wide_interrupts(void **state)
{
	enum { CPUS = 1152, IRQS = 600 };
	const char *root = *state;
	g_autoptr(GString) text = g_string_new("    ");

	for (guint cpu = 0; cpu < CPUS; cpu++)
		g_string_append_printf(text, "       CPU%u", cpu);
	g_string_append_c(text, '\n');
	for (guint irq = 0; irq < IRQS; irq++) {
		g_string_append_printf(text, "%4u:", irq + 24);
		for (guint cpu = 0; cpu < CPUS; cpu++)
			g_string_append_printf(text, " %10u", cpu == CPUS - 1 && irq == 7 ? 3 : 0);
		g_string_append_printf(text, "  IR-PCI-MSIX-0000:01:00.0 %u-edge dev-%u\n", irq, irq);
	}
	tree_write(root, "proc/interrupts", text->str);
	tree_write(root, CPU "online", "0-1151\n");
	tree_write(root, CPU "isolated", "1151\n");
	{
		g_auto(Outcome) outcome = judge(root, "");

		expect(&outcome, "irq.device_counts", "WARN", "3 interrupts of 1 device");
	}
	{
		g_auto(Outcome) outcome = judge(root, "--cpus 1150");

		expect(&outcome, "irq.device_counts", "PASS", NULL);
	}
	/* A column that is there twice, and a row that lacks one. */
	g_string_truncate(text, text->len - 200);
	tree_write(root, "proc/interrupts", text->str);
	{
		g_auto(Outcome) outcome = judge(root, "");

		expect(&outcome, "irq.device_counts", "UNKNOWN", "malformed");
	}
}

static void test_resctrl(void **state)
{
	const char *root = *state;

	tree_write(root, "proc/cpuinfo",
		   "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: cat_l3 cdp_l3 rdt_a mba\n");
	tree_write(root, "sys/fs/resctrl/cpus", "3\n");
	tree_write(root, "sys/fs/resctrl/schemata", "L3CODE:0=00f\nL3DATA:0=00f\n");
	tree_write(root, "sys/fs/resctrl/rt/cpus", "c\n");
	tree_write(root, "sys/fs/resctrl/rt/schemata", "L3CODE:0=ff0\nL3DATA:0=ff0\n");
	tree_write(root, "sys/fs/resctrl/info/L3CODE/cbm_mask", "fff\n");
	tree_write(root, "sys/fs/resctrl/info/L3DATA/cbm_mask", "fff\n");
	{
		g_auto(Outcome) outcome = judge(root, "");

		expect(&outcome, "cache.group", "PASS", NULL);
		expect(&outcome, "cache.disjoint", "PASS", NULL);
		expect(&outcome, "cache.cdp", "WARN", NULL);
	}
	/* The code's ways are disjoint, the data's are not. */
	tree_write(root, "sys/fs/resctrl/schemata", "L3CODE:0=00f\nL3DATA:0=01f\n");
	{
		g_auto(Outcome) outcome = judge(root, "");

		expect(&outcome, "cache.disjoint", "WARN", NULL);
	}
	tree_write(root, "sys/fs/resctrl/schemata", "");
	tree_write(root, "sys/fs/resctrl/rt/schemata", "");
	{
		g_auto(Outcome) outcome = judge(root, "");

		expect(&outcome, "cache.disjoint", "UNKNOWN", NULL);
		expect(&outcome, "cache.contiguous", "UNKNOWN", NULL);
	}
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good),       TEST(test_no_trees),  TEST(test_online_lists),
		TEST(test_files),      TEST(test_unreadable), TEST(test_links),
		TEST(test_link_loops), TEST(test_null_list), TEST(test_cpu_numbers),
		TEST(test_wide_interrupts), TEST(test_resctrl),
	};

	return cmocka_run_group_tests_name("validate-hostile", tests, NULL, NULL);
}
