/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The good trees of tests/knob in a bundle that passes although findings count. Tests spoil it
 * in one place.
 */
#ifndef LATHE_TEST_GOOD_BUNDLE_H
#define LATHE_TEST_GOOD_BUNDLE_H

#include "good-trees.h"

#include "bundle_doubts.h"
#include "facts.h"
#include "remove_tree.h"
#include "root.h"
#include "view.h"

#define GUEST_CPU "/sys/devices/system/cpu/"
#define KERNEL_LOG "/" CAPTURE_KERNEL_LOG
#define BOOT_LINE "<5>[    0.000000] Linux version 6.12.8-rt\n"
#define THROTTLED "<4>[  512.400000] sched: RT throttling activated\n"

/* The fixture's profile with other words about findings. */
static inline void set_profile(Fixture *f, const char *lines)
{
	g_autoptr(GString) given = g_string_new(FIXTURE_PROFILE);
	g_autofree char *text = NULL;

	assert_int_equal(g_string_replace(given, "findings = shown\n", lines, 0), 1);
	profile_free(f->profile);
	f->profile = profile_parse(given->str, given->len, "strict.ini", NULL);
	assert_non_null(f->profile);
	text = profile_format(f->profile);
	fixture_write(f, "profile.ini", text);
	g_free(f->run->profile.sha256);
	f->run->profile.sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

static inline void load(const Fixture *f, const char *scope, const char *tree)
{
	g_autofree char *directory = g_build_filename(f->directory, tree, NULL);

	remove_tree(directory);
	good_tree_load(scope, directory);
}

static inline void write_in(const Fixture *f, const char *tree, const char *path, const char *text)
{
	g_autofree char *name = g_strconcat(tree, path, NULL);

	fixture_write(f, name, text);
}

/* The good guest has four vCPUs, the fixture's three: 1-2 are measured. */
static inline void shrink_guest(const Fixture *f, const char *tree)
{
	static const char *const isolated[] = {"/proc/cmdline", GUEST_CPU "isolated",
					       GUEST_CPU "nohz_full"};
	static const char *const online[] = {GUEST_CPU "online", GUEST_CPU "possible",
					     GUEST_CPU "present"};

	for (gsize i = 0; i < G_N_ELEMENTS(isolated); i++) {
		g_autofree char *name = g_strconcat(tree, isolated[i], NULL);
		g_autofree char *file = g_build_filename(f->directory, name, NULL);
		g_autofree char *text = NULL;
		g_autoptr(GString) changed = NULL;

		assert_true(g_file_get_contents(file, &text, NULL, NULL));
		changed = g_string_new(text);
		assert_true(g_string_replace(changed, "1-3", "1-2", 0) > 0);
		fixture_write(f, name, changed->str);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(online); i++)
		write_in(f, tree, online[i], "0-2\n");
}

/* The threads that serve each of these CPUs, as tuned sets them (threads.h). */
static inline void write_threads(const Fixture *f, const char *tree, guint first, guint last,
			  const char *housekeeping, const char *others)
{
	g_autofree char *path = g_strconcat(tree, "/" CAPTURE_THREADS, NULL);
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_printf(text, "1 1 0 0 0 - %s\t\tinit\n2 2 0 0 0 k %s\t\tkthreadd\n%s",
			housekeeping, housekeeping, others);
	for (guint cpu = first; cpu <= last; cpu++)
		g_string_append_printf(text,
				       "1%u0 1%u0 1 2 %u kb %u\t\tksoftirqd/%u\n"
				       "1%u1 1%u1 1 2 %u kb %u\t\tktimers/%u\n"
				       "1%u2 1%u2 1 4 %u kb %u\t\trcuc/%u\n"
				       "1%u3 1%u3 0 0 0 k %s\t\trcuop/%u\n",
				       cpu, cpu, cpu, cpu, cpu, cpu, cpu, cpu, cpu, cpu, cpu, cpu,
				       cpu, cpu, cpu, cpu, cpu, housekeeping, cpu);
	fixture_write(f, path, text->str);
}

/* What the cases of single rows bring along. */
static inline void write_host_rest(const Fixture *f, const char *tree)
{
	write_threads(f, tree, 5, 7, "0-4",
		      "4000 4001 0 0 1 - 0-4\temulator\tqemu-system-x86\n"
		      "4000 4003 1 1 6 - 6\tvcpu 1\tCPU 1/KVM\n"
		      "4000 4004 1 1 7 - 7\tvcpu 2\tCPU 2/KVM\n");
	write_in(f, tree, KERNEL_LOG, BOOT_LINE);
}

static inline void write_guest_rest(const Fixture *f, const char *tree)
{
	write_threads(f, tree, 1, 2, "0", "");
	write_in(f, tree, "/" CLOCKSOURCE_FILE, "tsc\n");
	write_in(f, tree,
		 "/sys/devices/system/clocksource/clocksource0/available_clocksource",
		 "tsc kvm-clock acpi_pm\n");
	write_in(f, tree, "/proc/sys/kernel/watchdog", "0\n");
	write_in(f, tree, "/proc/sys/kernel/soft_watchdog", "0\n");
	write_in(f, tree, "/proc/sys/kernel/nmi_watchdog", "0\n");
}

/* run.json says of a machine what its tree says. */
static inline void describe(const Fixture *f, const char *tree, RunMachine *machine)
{
	g_autofree char *directory = g_build_filename(f->directory, tree, NULL);
	g_autoptr(Root) root = root_open_captured(directory, NULL);
	g_autoptr(Facts) facts = facts_read(root);

	fixture_set(&machine->hostname, facts->hostname);
	fixture_set(&machine->kernel_release, facts->kernel_release);
	fixture_set(&machine->kernel_version, facts->kernel_version);
	fixture_set(&machine->cmdline, facts->cmdline);
	fixture_set(&machine->cpu_model, facts->cpu_model);
	fixture_set(&machine->clocksource, facts->clocksource);
	fixture_set(&machine->realtime, known_name(facts->realtime));
	g_free(machine->isolated);
	machine->isolated = cpulist_format(&facts->isolated);
	machine->cpus_online = cpuset_count(&facts->online);
}

static inline Fixture *good_new(void)
{
	static const char *const hosts[] = {TREE_HOST, TREE_HOST_AFTER};
	static const char *const guests[] = {TREE_GUEST, TREE_GUEST_AFTER};
	Fixture *f = fixture_new();

	load(f, "vm", TREE_VM);
	for (gsize i = 0; i < G_N_ELEMENTS(hosts); i++) {
		load(f, "host", hosts[i]);
		write_host_rest(f, hosts[i]);
		load(f, "guest", guests[i]);
		shrink_guest(f, guests[i]);
		write_guest_rest(f, guests[i]);
	}
	describe(f, TREE_HOST, &f->run->host);
	describe(f, TREE_GUEST, &fixture_vm(f)->guest);
	set_profile(f, "findings = judged\n");
	return f;
}

/* Judges what is in run.json already, and frees the fixture. */
static inline void expect_stored(Fixture *f, Result result, const char *reason)
{
	g_autofree char *reasons = NULL;

	verdict_judge(f->directory, f->profile, f->run);
	reasons = joined(f->run->verdict.reasons);
	if (f->run->verdict.result != result || (reason && !strstr(reasons, reason)))
		fail_msg("%s, wanted %s with '%s' among:\n%s",
			 result_name(f->run->verdict.result), result_name(result),
			 reason ? reason : "", reasons);
	fixture_free(f);
}

/* The same, with the findings that lathe would have made of the trees. */
static inline void expect(Fixture *f, Result result, const char *reason)
{
	fixture_findings(f);
	expect_stored(f, result, reason);
}

/* One reason that names the tree, and none of the bundle's place, which changes. */
static inline void expect_one_reason(Fixture *f, const char *reason)
{
	g_autofree char *reasons = NULL;

	verdict_judge(f->directory, f->profile, f->run);
	reasons = joined(f->run->verdict.reasons);
	assert_int_equal(f->run->verdict.result, RESULT_INCONCLUSIVE);
	assert_non_null(strstr(reasons, reason));
	if (f->run->verdict.reasons->len != 1 || strstr(reasons, f->directory))
		fail_msg("wanted one reason without '%s':\n%s", f->directory, reasons);
}

static inline guint count_of(const Fixture *f, const char *scope)
{
	guint count = 0;

	for (guint i = 0; i < f->run->findings->len; i++)
		count += strcmp(((Finding *)f->run->findings->pdata[i])->scope, scope) == 0;
	return count;
}

static inline const Finding *find(const Fixture *f, const char *scope, const char *id)
{
	for (guint i = 0; i < f->run->findings->len; i++) {
		const Finding *finding = f->run->findings->pdata[i];

		if (strcmp(finding->id, id) == 0 && strcmp(finding->scope, scope) == 0)
			return finding;
	}
	fail_msg("no finding %s of the %s", id, scope);
	return NULL;
}

#endif
