/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with a kernel command line by itself: names that mainline does not know,
 * another vendor's, repeats, contradictions, length. What the machine makes of it is the
 * knob table's business.
 */
#ifndef LATHE_KERNEL_PARAMETERS_H
#define LATHE_KERNEL_PARAMETERS_H

#include <glib.h>

#include "cpulist.h"
#include "kernel_cmdline.h"

typedef enum {
	CMDLINE_UNKNOWN,       /* mainline does not know it, and it is known what was meant */
	CMDLINE_VENDOR,	       /* RedHawk's, on another kernel */
	CMDLINE_REPEATED,      /* given twice where the last one wins silently */
	CMDLINE_CONTRADICTION, /* two parameters against each other, or one against the machine */
	CMDLINE_MALFORMED,     /* a value that the kernel refuses, or a quote left open */
	CMDLINE_TOO_LONG,      /* longer than the kernel or the boot loader takes */
} CmdlineLintKind;
#define CMDLINE_LINT_KINDS 6

/* "unknown", "vendor" ... */
const char *cmdline_lint_kind_name(CmdlineLintKind kind);

/* Plain data, owned. The texts are escaped: fit to print. */
typedef struct {
	CmdlineLintKind kind;
	char *parameter; /* "isolcpus"; "" for the whole line */
	char *seen;	 /* "isolcpus=1-3 isolcpus=2" */
	char *message;
	char *remedy;
} CmdlineLint;

void cmdline_lint_free(CmdlineLint *lint);

/*
 * release: `uname -r`, or NULL when not known (then vendor parameters are held against a
 * mainline kernel). possible: sys/devices/system/cpu/possible, or NULL when not known (then
 * nothing is said about CPUs that are not there). Array of CmdlineLint *, rule by rule; may be
 * empty, never NULL. Linear in the line.
 */
GPtrArray *kernel_cmdline_lint(const KernelCmdline *cmdline, const char *release,
			       const Cpuset *possible);

#endif
