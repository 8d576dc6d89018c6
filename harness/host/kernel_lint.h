/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the command line lint (kernel_parameters.h) share. */
#ifndef LATHE_KERNEL_LINT_H
#define LATHE_KERNEL_LINT_H

#include "kernel_parameters.h"

typedef struct {
	const KernelCmdline *cmdline;
	const char *release;	/* or NULL */
	const Cpuset *possible; /* or NULL */
	GPtrArray *found;	/* of CmdlineLint * */
} KernelLint;

/* Every occurrence of `name` and, where it is not NULL, of `other`, as they were typed:
 * "isolcpus=1-3 isolcpus=2". Owned by the caller. */
char *kernel_lint_seen(const KernelLint *lint, const char *name, const char *other);

/* Whether one of its values, divided at commas, holds the word: for parameters that add up. */
gboolean kernel_lint_has_word(const KernelLint *lint, const char *name, const char *word);

/* Adds a finding about `name`. Texts are copied; `seen` is escaped and cut to a line, the
 * others must be fit to print. */
void kernel_lint_add(KernelLint *lint, CmdlineLintKind kind, const char *name,
		     const char *seen, const char *message, const char *remedy);

/* Two parameters against each other; lists of CPUs against each other and the machine. */
void kernel_lint_contradictions(KernelLint *lint);
void kernel_lint_cpus(KernelLint *lint);

#endif
