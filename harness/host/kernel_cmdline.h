/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel command line, taken apart as the kernel does it (lib/cmdline.c next_arg(),
 * kernel/params.c): blanks separate, double quotes keep blanks together, '-' and '_' are the
 * same in a name, and what follows "--" belongs to init.
 */
#ifndef LATHE_KERNEL_CMDLINE_H
#define LATHE_KERNEL_CMDLINE_H

#include <glib.h>

#include "cpulist.h"

typedef struct KernelCmdline KernelCmdline;

/* One parameter; the strings belong to the command line. They may hold any byte but NUL:
 * escape before printing. */
typedef struct {
	const char *typed; /* the name as it stands there: "kvm-intel.nested" */
	const char *name;  /* with '_' for '-': "kvm_intel.nested" */
	const char *value; /* without its quotes; NULL when there is no '=' */
	gsize offset;	   /* where it begins, in bytes */
} KernelParameter;

/* More than any architecture passes on (s390: CONFIG_COMMAND_LINE_SIZE up to 1 MiB). */
#define KERNEL_CMDLINE_BYTES (1u << 20)

/*
 * Never fails on odd parameters, since the kernel does not either. A NUL byte within
 * `length` (proc/cmdline holds none) and more than KERNEL_CMDLINE_BYTES are errors.
 */
KernelCmdline *kernel_cmdline_parse(const char *text, gsize length, GError **error);
void kernel_cmdline_free(KernelCmdline *cmdline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KernelCmdline, kernel_cmdline_free)

/* How often a parameter is given. '-' and '_' in `name` are the same. */
guint kernel_cmdline_count(const KernelCmdline *cmdline, const char *name);
/* The value of its last occurrence, "" when that has none, NULL when it is absent. Most
 * parameters given twice take that one. */
const char *kernel_cmdline_last(const KernelCmdline *cmdline, const char *name);
/* The same of its first. isolcpus= and nohz_full= take that one: housekeeping_setup() of
 * kernel/sched/isolation.c refuses a second that differs (of isolcpus=, for the flags that
 * the first one has set; before Linux 5.18 for all). */
const char *kernel_cmdline_first(const KernelCmdline *cmdline, const char *name);

/* All of them up to "--", in order. */
guint kernel_cmdline_size(const KernelCmdline *cmdline);
const KernelParameter *kernel_cmdline_at(const KernelCmdline *cmdline, guint index);

/* Length in bytes of what the boot loader passed, without trailing blanks; init's part
 * counts. */
gsize kernel_cmdline_length(const KernelCmdline *cmdline);
/* TRUE when a quote is never closed: everything behind it became one parameter. */
gboolean kernel_cmdline_quote_open(const KernelCmdline *cmdline);

/* isolcpus=[flag-list,]<cpu-list> (kernel-parameters.txt; kernel/sched/isolation.c). */
typedef struct {
	gboolean has_flags; /* the form with flags; without, `domain` is implied and set */
	gboolean domain, managed_irq, nohz;
	char unknown_flag[32]; /* the first flag that mainline does not know and skips
				* (before 5.8: that voids the parameter); "" for none */
	Cpuset cpus;
} IsolcpusValue;

/* CPUs below `limit`, see cpulist_parse_parameter(). A value without a CPU is an error. *ret
 * is untouched on failure. */
gboolean isolcpus_parse(const char *value, guint limit, IsolcpusValue *ret, GError **error);

#endif
