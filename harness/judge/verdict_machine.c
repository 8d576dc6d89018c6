/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What run.json says of host and guest, against their captured trees and QEMU's arguments. */
#include "verdict_check.h"

#include <string.h>

#include "bundle.h"

#define HOST_TREE  "host/before"
#define QEMU_ARGV  "qemu.argv"
#define ACCEL_FLAG "-accel"
#define UUID_FLAG  "-uuid"

void judge_machine(const Judge *judge, const char *machine, const char *tree,
		   const RunMachine *claim, const Facts *facts)
{
	g_autofree char *isolated =
		facts->isolated_known ? cpulist_format(&facts->isolated) : NULL;
	guint online = facts->online_known ? cpuset_count(&facts->online) : 0;
	const struct {
		const char *what, *claim, *captured;
	} texts[] = {
		{"host name", claim->hostname, facts->hostname},
		{"kernel release", claim->kernel_release, facts->kernel_release},
		{"kernel version", claim->kernel_version, facts->kernel_version},
		{"kernel command line", claim->cmdline, facts->cmdline},
		{"CPU model", claim->cpu_model, facts->cpu_model},
		{"clocksource", claim->clocksource, facts->clocksource},
		{"PREEMPT_RT", claim->realtime ? claim->realtime : "unknown",
		 known_name(facts->realtime)},
		{"isolated CPUs", claim->isolated, isolated},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		if (g_strcmp0(texts[i].claim, texts[i].captured) != 0)
			doubt(judge, "the %s's %s is '%s' in run.json and '%s' in %s", machine,
			      texts[i].what, shown(texts[i].claim), shown(texts[i].captured),
			      tree);
	if (claim->cpus_online != online)
		doubt(judge, "the %s has %u CPUs online in run.json and %u in %s", machine,
		      claim->cpus_online, online, tree);
}

void judge_host(const Judge *judge)
{
	g_autoptr(Facts) facts = captured_facts(judge, HOST_TREE);

	if (facts)
		judge_machine(judge, "host", HOST_TREE, &judge->run->host, facts);
}

/* "-accel", then "tcg" or "kvm,...": one a line. NULL: none or more than one. */
static char *accel_of(const char *argv)
{
	g_auto(GStrv) lines = g_strsplit(argv, "\n", -1);
	char *accel = NULL;

	for (char **line = lines; *line; line++) {
		if (strcmp(*line, ACCEL_FLAG) != 0 || !line[1])
			continue;
		if (accel) {
			g_free(accel);
			return NULL;
		}
		accel = g_strndup(line[1], strcspn(line[1], ","));
	}
	return accel;
}

/* A configured VM is what QEMU was told that it is. */
static void check_uuid(const Judge *judge, const char *argv, const char *path)
{
	g_auto(GStrv) lines = g_strsplit(argv, "\n", -1);
	const char *seen = NULL;
	guint found = 0;

	for (char **line = lines; judge->vm->uuid && *line; line++)
		if (strcmp(*line, UUID_FLAG) == 0 && found++ == 0)
			seen = line[1];
	if (judge->vm->uuid && (found != 1 || g_strcmp0(seen, judge->vm->uuid) != 0))
		doubt(judge, "the VM's UUID is '%s' in run.json and '%s' in %s", judge->vm->uuid,
		      shown(seen), path);
}

void judge_accel(const Judge *judge)
{
	g_autofree char *path = run_vm_path(judge->vm, "vm", QEMU_ARGV);
	g_autofree char *argv = NULL, *accel = NULL;
	g_autoptr(GError) error = NULL;
	gsize length;

	if (!bundle_read_file(judge->directory, path, &argv, &length, &error)) {
		doubt(judge, "what QEMU was given cannot be read: %s", error->message);
		return;
	}
	accel = accel_of(argv);
	if (g_strcmp0(accel, judge->vm->accel) != 0)
		doubt(judge, "the guest ran on '%s' in run.json and on '%s' in %s",
		      shown(judge->vm->accel), shown(accel), path);
	check_uuid(judge, argv, path);
}
