/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPU lists on a machine's kernel command line, held against what its kernel made of
 * them. */
#ifndef LATHE_BOOT_CPUS_H
#define LATHE_BOOT_CPUS_H

#include "kernel_cmdline.h"
#include "knob.h"
#include "view.h"

/* What `reads` of a row that calls these must name. */
#define BOOT_CPUS_READS "proc/cmdline", "sys/devices/system/cpu/possible"

/* The CPUs of a parameter's value, where "all" and "N" mean this machine's. */
gboolean boot_cpus_parse(KnobView *view, const char *value, Cpuset *ret);
/* The same for isolcpus=, with its flags. */
gboolean boot_isolcpus_parse(KnobView *view, const char *value, IsolcpusValue *ret);

/* Whether they hold every planned CPU; with the proof when none is planned. */
KnobMatch boot_cpus_cover_planned(KnobView *view, const Cpuset *cpus, char **ret_wanted,
				  char **ret_note);

#endif
