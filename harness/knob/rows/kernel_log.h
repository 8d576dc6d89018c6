/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows about what the kernel did not say since boot. */
#ifndef LATHE_KERNEL_LOG_H
#define LATHE_KERNEL_LOG_H

#include "finding.h"
#include "view.h"

/* What the log says that it should not, as a sentence owned by the caller; NULL: nothing. */
typedef char *(*KernelLogFind)(const char *log);

/* Concludes that there is nothing of the kind. A line that is missing proves nothing unless
 * the log reaches back to the boot. */
void kernel_log_judge(const Knob *knob, KnobView *view, Finding *finding, KernelLogFind find);

/* A part of a line, and what it tells. */
typedef struct {
	const char *text, *meaning;
} KernelLogSign;

/* The meanings of all signs, which end in one without text, that are there; or NULL. */
char *kernel_log_signs(const char *log, const KernelLogSign *signs);

extern const char *const kernel_log_reads[];

#endif
