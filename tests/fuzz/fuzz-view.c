/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any files as a part of a machine: the whole knob table is judged on it. The input is "h",
 * "g" or "v" for the scope, and then files: a line with the path, the content, a NUL byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "escape.h"
#include "judge.h"
#include "remove_tree.h"
#include "root.h"

#define FILES_MAX 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gboolean claim)
{
	if (!claim)
		abort();
}

/* What most rows need to get as far as their own places. */
static void store_machine(const char *directory)
{
	static const char *const files[][2] = {
		{"lathe/complete", "lathe-capture/1\n"},
		{"proc/cmdline", "quiet isolcpus=managed_irq,domain,2-3 nohz_full=2-3\n"},
		{"proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\nmicrocode\t: 0x1\n"
				 "flags\t\t: vmx cat_l3 mba cqm_llc constant_tsc nonstop_tsc\n"},
		{"proc/sys/kernel/osrelease", "6.12.8-rt\n"},
		{"sys/devices/system/cpu/online", "0-3\n"},
		{"sys/devices/system/cpu/possible", "0-3\n"},
		{"sys/devices/system/cpu/isolated", "2-3\n"},
		{"sys/devices/system/node/online", "0\n"},
		{"sys/devices/system/node/node0/cpulist", "0-3\n"},
		{"sys/fs/resctrl/cpus", "3\n"},
		{"sys/fs/resctrl/schemata", "L3:0=00f\n"},
		{"sys/module/kvm/parameters/halt_poll_ns", "0\n"},
		{"run/systemd/system/x", ""},
		{CAPTURE_THREADS, "2 2 0 0 0 k 0-3\t\tkthreadd\n9 9 1 1 2 kb 2\t\tksoftirqd/2\n"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
		check(capture_store(directory, files[i][0], files[i][1], strlen(files[i][1]),
				    NULL));
}

/* Paths that are none are passed over. */
static void store_input(const char *directory, const char *at, const char *end)
{
	for (guint i = 0; i < FILES_MAX && at < end; i++) {
		const char *nul = memchr(at, '\0', (gsize)(end - at));
		const char *stop = nul ? nul : end;
		const char *newline = memchr(at, '\n', (gsize)(stop - at));
		g_autofree char *path =
			g_strndup(at, (gsize)((newline ? newline : stop) - at));

		if (newline)
			capture_store(directory, path, newline + 1, (gsize)(stop - newline - 1),
				      NULL);
		at = stop + 1;
	}
}

static void check_text(const char *text)
{
	g_autofree char *escaped = escape_text(text, -1);

	check(!text || strcmp(text, escaped) == 0);
	check(strlen(escaped) < 16 << 10);
}

static void check_finding(const Finding *finding)
{
	check(finding->status == STATUS_PASS || (finding->reason && *finding->reason));
	if (finding->status == STATUS_FAIL)
		check(finding->severity >= SEVERITY_HIGH);
	check_text(finding->reason);
	check_text(finding->remedy);
	for (guint i = 0; i < finding->evidence->len; i++) {
		const FindingEvidence *evidence = finding->evidence->pdata[i];

		check_text(evidence->place);
		check_text(evidence->seen);
		check_text(evidence->wanted);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *directory = g_strdup("/dev/shm/lathe-fuzz-XXXXXX");
	KnobScope scope = size && *data == 'v' ? SCOPE_VM : size && *data == 'g' ? SCOPE_GUEST
										  : SCOPE_HOST;
	g_autoptr(GPtrArray) findings = NULL;
	g_autoptr(KnobView) host = NULL;
	g_autoptr(KnobView) view = NULL;
	g_autoptr(Root) root = NULL;
	Cpuset planned = {0};

	check(g_mkdtemp(directory) != NULL);
	store_machine(directory);
	if (size)
		store_input(directory, (const char *)data + 1, (const char *)data + size);
	root = root_open_captured(directory, NULL);
	check(root != NULL);
	cpuset_add(&planned, 2);
	cpuset_add(&planned, 3);
	host = knob_view_new(root, SCOPE_HOST, &planned, NULL);
	view = knob_view_new(root, scope, &planned, scope == SCOPE_HOST ? NULL : host);
	findings = knob_judge_all(view, NULL);
	check(findings->len > 0);
	for (guint i = 0; i < findings->len; i++)
		check_finding(findings->pdata[i]);
	remove_tree(directory);
	return 0;
}
