/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stress-ng's memory class: mmap, write, verify, munmap without end. Page faults, TLB
 * shoot-downs, and the memory bandwidth and last-level cache that the guest shares. */
#include "row.h"

/* A worker saturates what one CPU can move; more than one for four CPUs only adds context
 * switches to what the cpu load and hackbench do already. */
#define CPUS_PER_WORKER 4

static char **vm_argv(const LoadSize *size)
{
	g_autofree char *workers =
		g_strdup_printf("%u", MAX(size->cpus / CPUS_PER_WORKER, 1));
	/* The workers share it: stress-ng divides --vm-bytes by their number. */
	g_autofree char *bytes =
		g_strdup_printf("%" G_GUINT64_FORMAT "m", size->memory_mib);

	return stress_ng_argv(size, "--vm", workers, "--vm-bytes", bytes, "--oom-avoid",
			      NULL);
}

const Load load_vm = {
	.name = "vm",
	.summary = "stress-ng: mapping, writing and unmapping memory",
	.program = "stress-ng",
	.package_debian = "stress-ng",
	.package_fedora = "stress-ng",
	.needs_directory = TRUE,
	.argv = vm_argv,
};
