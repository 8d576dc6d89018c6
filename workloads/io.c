/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stress-ng's disk classes: hdd writes, reads and removes files in the scratch directory,
 * io calls sync(2) without end, so that what hdd writes reaches the disk: interrupts,
 * softirqs, writeback and journal threads. On a scratch directory in memory (tmpfs) no
 * disk is used. */
#include "row.h"

/* One pair keeps one disk busy; large machines have more queues, not slower CPUs. */
#define CPUS_PER_WORKER 8
/* What all hdd workers together write before they start over, in MiB. */
#define FILES_MIB 256

static char **io_argv(const LoadSize *size)
{
	g_autofree char *workers =
		g_strdup_printf("%u", MAX(size->cpus / CPUS_PER_WORKER, 1));
	/* The workers share it: stress-ng divides --hdd-bytes by their number. */
	g_autofree char *bytes = g_strdup_printf("%um", FILES_MIB);

	return stress_ng_argv(size, "--hdd", workers, "--hdd-bytes", bytes, "--io",
			      workers, NULL);
}

const Load load_io = {
	.name = "io",
	.summary = "stress-ng: writing, reading and syncing files",
	.program = "stress-ng",
	.package_debian = "stress-ng",
	.package_fedora = "stress-ng",
	.needs_directory = TRUE,
	.argv = io_argv,
};
