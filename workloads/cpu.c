/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stress-ng's CPU class: one worker a CPU, going through all its methods, keeps every
 * housekeeping CPU busy in user space: heat, turbo budget, execution units, caches. */
#include "row.h"

static char **cpu_argv(const LoadSize *size)
{
	g_autofree char *workers = g_strdup_printf("%u", MAX(size->cpus, 1));

	return stress_ng_argv(size, "--cpu", workers, NULL);
}

const Load load_cpu = {
	.name = "cpu",
	.summary = "stress-ng: computation, one worker a CPU",
	.program = "stress-ng",
	.package_debian = "stress-ng",
	.package_fedora = "stress-ng",
	.needs_directory = TRUE,
	.argv = cpu_argv,
};
