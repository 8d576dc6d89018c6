/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wake-up latency that all CPUs are held to (/dev/cpu_dma_latency, see
 * Documentation/power/pm_qos_interface.rst), and who holds them to it.
 */
#ifndef LATHE_CPU_LATENCY_H
#define LATHE_CPU_LATENCY_H

#include <glib.h>

#include "root.h"
#include "view.h"

/* What a capture keeps of it: a line with the number of us, then a line "PID COMM" for
 * each process that holds the device open. Nobody may hold it: the kernel can by itself.
 */
#define CAPTURE_CPU_LATENCY "lathe/cpu-latency"

/* That text, of a live machine. NULL with *ret_errno; ENOTSUP for a captured tree. */
char *cpu_latency_read(const Root *root, int *ret_errno);

typedef struct {
	guint32 us;     /* 2,000,000,000 when nobody asks for anything */
	char **holders; /* "4711 tuned"; NULL-terminated, may be empty */
	gboolean tool;  /* there are holders, and each is a program that measures
			 * latencies:  what it sees is better than what comes after it */
} CpuLatency;

void cpu_latency_free(CpuLatency *latency);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuLatency, cpu_latency_free)

/* NULL with *ret_errno (EILSEQ: malformed). */
CpuLatency *cpu_latency_parse(const char *text, int *ret_errno);

/* Of the machine that a view looks at, as the text that a capture keeps and taken apart. */
const char *knob_view_cpu_latency_text(KnobView *view, int *ret_errno);
CpuLatency *knob_view_cpu_latency(KnobView *view, int *ret_errno);

#endif
