/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as one of the files that counters come from, at the second of two moments. The
 * first byte chooses the file.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "temporary.h"
#include "watch_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gboolean claim)
{
	if (!claim)
		abort();
}

/* What stands there at the first moment. */
static const struct {
	const char *path;
	const char *text;
} files[] = {
	{"proc/interrupts", "CPU0 CPU1\n24: 1 2 PCI-MSI eth0\nLOC: 1 2 Local\nERR: 1\n"},
	{"proc/softirqs", "CPU0 CPU1\nTIMER: 1 2\n"},
	{"proc/schedstat", "version 15\ncpu0 0 0 0 0 0 0 0 0 1\ncpu1 0 0 0 0 0 0 0 0 2\n"},
	{"proc/stat", "cpu 1\ncpu0 1 1 1 1 1 1 1 1\ncpu1 1 1 1 1 1 1 1 2\n"},
	{"proc/9/task/9/stat", "9 (a) S 1 1 1 0 -1 0 1 0 0 0 5 0 0 0 20 -5 2 0 1 1000 100 1 1 1 "
			       "0 0 0 0 0 0 0 0 0 0 -1 1 2 1\n"},
	{"proc/9/task/9/schedstat", "1000 2 3\n"},
	{"sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "1\n"},
	/* Read when proc/schedstat makes no sense, which is the case while this is chosen. */
	{"sys/kernel/debug/sched/debug", "cpu#0, 1 MHz\n  .nr_switches : 1\n"},
};

static void put(const char *path, const char *text, gsize length)
{
	g_autofree char *file = g_build_filename(temporary_directory(), path, NULL);
	g_autofree char *parent = g_path_get_dirname(file);

	FILE *stream;

	check(g_mkdir_with_parents(parent, 0755) == 0);
	stream = fopen(file, "we");
	check(stream && fwrite(text, 1, length, stream) == length && fclose(stream) == 0);
}

static void check_delta(const Counters *before, const Counters *after)
{
	CountersDelta *delta = counters_delta(before, after);
	g_autofree char *text = watch_text(delta);
	g_autofree char *json = watch_json(delta);
	json_t *document = json_loads(json, 0, NULL);

	check(delta->cpus->len == 2);
	check(g_utf8_validate(text, -1, NULL) && !strchr(text, '\033'));
	check(document != NULL);
	json_decref(document);
	counters_delta_free(delta);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const Cpuset cpus = {{0x3}};
	g_autoptr(Root) root = root_open_captured(temporary_directory(), NULL);
	g_autoptr(Counters) before = NULL;
	g_autoptr(Counters) after = NULL;
	g_autoptr(GError) error = NULL;
	gsize which = size ? data[0] % G_N_ELEMENTS(files) : 0;

	if (!size)
		return 0;
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
		put(files[i].path, files[i].text, strlen(files[i].text));
	if (which == G_N_ELEMENTS(files) - 1)
		put("proc/schedstat", "", 0);
	before = counters_read(root, &cpus, COUNTERS_FIRST, NULL);
	check(before != NULL);
	put(files[which].path, (const char *)data + 1, size - 1);
	after = counters_read(root, &cpus, COUNTERS_SECOND, &error);
	check(!after == (error != NULL));
	check(after || which == 0);
	if (!after)
		return 0;
	check_delta(before, after);
	check_delta(after, before);
	return 0;
}
