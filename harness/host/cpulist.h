/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of CPUs and their two spellings: the cpulist ("0,2,4-7") and the cpumask ("f5", with
 * commas between groups of 32 bits, as the kernel writes it).
 */
#ifndef LATHE_CPULIST_H
#define LATHE_CPULIST_H

#include <glib.h>

/* The largest CONFIG_NR_CPUS of an x86 kernel (arch/x86/Kconfig, NR_CPUS_RANGE_END). */
#define CPUSET_CPUS 8192

/* A plain value: copy it, compare it with cpuset_equal(). {0} is the empty set. */
typedef struct {
	guint64 bits[CPUSET_CPUS / 64];
} Cpuset;

void cpuset_add(Cpuset *set, guint cpu);
void cpuset_remove(Cpuset *set, guint cpu);
gboolean cpuset_contains(const Cpuset *set, guint cpu);
guint cpuset_count(const Cpuset *set);
gboolean cpuset_equal(const Cpuset *a, const Cpuset *b);
gboolean cpuset_is_subset(const Cpuset *inner, const Cpuset *outer);
gboolean cpuset_intersects(const Cpuset *a, const Cpuset *b);
void cpuset_union(Cpuset *into, const Cpuset *other);
void cpuset_subtract(Cpuset *from, const Cpuset *other);
Cpuset cpuset_common(const Cpuset *a, const Cpuset *b);
/* The first member >= cpu, or -1. */
int cpuset_next(const Cpuset *set, guint cpu);
#define CPUSET_FOREACH(cpu, set)                                                             \
	for (int cpu = cpuset_next(set, 0); cpu >= 0; cpu = cpuset_next(set, (guint)cpu + 1))

/*
 * Parses a cpulist of CPUs below `limit` (at most CPUSET_CPUS). Strict: no blanks, no empty
 * item, no backward range; a CPU out of range is an error, never dropped. The empty text is
 * an error here. *ret is untouched on failure.
 */
gboolean cpulist_parse(const char *text, guint limit, Cpuset *ret, GError **error);

/* The same for a kernel file, where the empty list is empty: one trailing newline is allowed,
 * and so is "(null)" behind blanks, which nohz_full holds on some kernels (as empty). */
gboolean cpulist_parse_kernel(const char *text, guint limit, Cpuset *ret, GError **error);

/*
 * The same for a kernel parameter (kernel-parameters.rst): besides ranges "0-31:2/4" (of
 * every 4 CPUs the first 2), "all", and N for the last CPU, which is limit - 1. What only
 * some kernels take (blanks, empty items) is refused. The empty text is an error.
 */
gboolean cpulist_parse_parameter(const char *text, guint limit, Cpuset *ret, GError **error);

/* "0,2,4-7"; "" for the empty set. */
char *cpulist_format(const Cpuset *set);

/* Parses "0x0e", "0e" or "00000000,0000000e". */
gboolean cpumask_parse(const char *text, guint limit, Cpuset *ret, GError **error);

/* "0xe"; groups of 32 bits are separated by commas above CPU 31; "0x0" for the empty set. */
char *cpumask_format(const Cpuset *set);

#endif
