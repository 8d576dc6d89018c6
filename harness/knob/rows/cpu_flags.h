/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows that ask proc/cpuinfo for a flag: the file is long, and what is shown of it is
 * not. */
#ifndef LATHE_CPU_FLAGS_H
#define LATHE_CPU_FLAGS_H

#include "finding.h"
#include "view.h"

/* Concludes that the CPU has one of the flags ("cat_l3|cat_l2"); vmx: among the flags of
 * VMX as well, which kernels list since 5.9. */
void cpu_flags_judge(const Knob *knob, KnobView *view, Finding *finding,
		     const char *flags, gboolean vmx);

/* TRUE when it is known that the CPU lacks the flag. */
gboolean cpu_flags_lack(KnobView *view, const char *flag);

/* For KnobApplies functions: FALSE, and `without` as the proof, when the CPU lacks the flag. */
gboolean cpu_flags_apply(KnobView *view, const char *flag, const char *without,
			 char **ret_proof);

extern const char *const cpu_flags_reads[];

#endif
