/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/cpuinfo of an x86 kernel. Another architecture's is told apart, not understood.
 */
#ifndef LATHE_CPUINFO_H
#define LATHE_CPUINFO_H

#include <glib.h>

#include "cpulist.h"

typedef struct CpuInfo CpuInfo;

/* A text without a single "processor" line is an error; so are a NUL byte and a processor
 * listed twice. Linear in `length`. */
CpuInfo *cpuinfo_parse(const char *text, gsize length, GError **error);
void cpuinfo_free(CpuInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuInfo, cpuinfo_free)

/* FALSE: not x86 (no vendor_id and flags); then the texts below are NULL and no flag is set. */
gboolean cpuinfo_is_x86(const CpuInfo *info);

/* The processors listed: the online ones. */
guint cpuinfo_count(const CpuInfo *info);
const Cpuset *cpuinfo_cpus(const CpuInfo *info);

/* Of the first processor; NULL when not told. Owned by info; escape before printing. */
const char *cpuinfo_vendor(const CpuInfo *info);     /* "GenuineIntel", "AuthenticAMD" */
const char *cpuinfo_model_name(const CpuInfo *info);
const char *cpuinfo_microcode(const CpuInfo *info);  /* "0xd0003a5" */

/* Whole words of the first processor's flags and bugs. */
gboolean cpuinfo_has_flag(const CpuInfo *info, const char *flag);
gboolean cpuinfo_has_bug(const CpuInfo *info, const char *bug);

/* Whether every processor's line equals the first one's. */
gboolean cpuinfo_same_flags(const CpuInfo *info);
gboolean cpuinfo_same_model(const CpuInfo *info);
gboolean cpuinfo_same_microcode(const CpuInfo *info);

#endif
