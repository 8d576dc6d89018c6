/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hackbench (rt-tests): groups of processes that pass messages over Unix sockets:
 * wake-ups, context switches, run-queue locks, inter-processor interrupts. */
#include "row.h"

/*
 * A group is FDS senders and FDS receivers; one group a CPU keeps about FDS of them
 * runnable on each. A task of the same priority that shares such a CPU (on a
 * demonstration plan: the guest's housekeeping vCPU and QEMU's emulator) then still gets
 * about a seventh of it; hackbench's default of 20 would leave it a twentieth.
 */
#define FDS 6
/*
 * Long messages fill a socket's buffer after three of them, so that sender and receiver
 * alternate: measured on one CPU with the default of 100 bytes 22,000, with 64 KiB
 * 110,000 context switches a second.
 */
#define MESSAGE_BYTES 65536
/*
 * hackbench has no way to run for ever: it ends after -l messages from every sender to
 * every receiver, an int. Largest int x FDS^2 messages a group, at 110,000 a second with
 * a CPU to itself: eight days; it shares its CPU with the other loads as a rule. A load
 * that ends during a measurement is noticed.
 */
#define LOOPS G_MAXINT32

static char **hackbench_argv(const LoadSize *size)
{
	g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
	g_autofree char *groups = g_strdup_printf("%u", MAX(size->cpus, 1));
	g_autofree char *fds = g_strdup_printf("%d", FDS);
	g_autofree char *bytes = g_strdup_printf("%d", MESSAGE_BYTES);
	g_autofree char *loops = g_strdup_printf("%d", LOOPS);

	g_strv_builder_add_many(argv, "hackbench", "-g", groups, "-f", fds, "-s", bytes,
				"-l", loops, NULL);
	return g_strv_builder_end(argv);
}

const Load load_hackbench = {
	.name = "hackbench",
	.summary = "hackbench: processes passing messages over sockets",
	.program = "hackbench",
	.package_debian = "rt-tests",
	.package_fedora = "realtime-tests",
	.argv = hackbench_argv,
};
