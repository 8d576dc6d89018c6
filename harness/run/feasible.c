/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feasible.h"

#include "cyclictest.h"
#include "error.h"
#include "load.h"
#include "number.h"

/* What a guest's kernel takes of the memory it is given: 55 MiB of 512 were seen. */
#define KERNEL_MIB 64

static gboolean unknown_load(const char *stage, const char *name, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (const Load *const *row = loads; *row; row++)
		g_string_append_printf(known, "%s%s", known->len ? ", " : "", (*row)->name);
	lathe_error(error, LATHE_ERROR_USAGE, "stage %s: there is no load named '%s'", stage, name);
	lathe_error_hint(error, "the loads are: %s", known->str);
	return FALSE;
}

gboolean feasible_loads(const Profile *profile, GError **error)
{
	for (guint i = 0; i < profile->stages->len; i++) {
		const ProfileStage *stage = profile->stages->pdata[i];

		for (guint j = 0; j < stage->loads->len; j++) {
			const char *name = stage->loads->pdata[j];
			const Load *load = load_find(name);
			g_autofree char *program = NULL;

			if (!load)
				return unknown_load(stage->name, name, error);
			program = g_find_program_in_path(load->program);
			if (program)
				continue;
			lathe_error(error, LATHE_ERROR_ENVIRONMENT,
				    "load '%s' needs the program %s, which is not installed", name,
				    load->program);
			lathe_error_hint(error, "install it: apt install %s, or dnf install %s",
					 load->package_debian, load->package_fedora);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean too_short(const Profile *profile, const ProfileStage *stage, GError **error)
{
	guint64 shortest_s = (PROFILE_SAMPLES_MIN * profile->interval_us + G_USEC_PER_SEC - 1) /
			     G_USEC_PER_SEC;
	g_autofree char *duration = duration_format(stage->duration_s * 1000000000);
	g_autofree char *interval = duration_format(profile->interval_us * 1000);
	g_autofree char *shortest = duration_format(shortest_s * 1000000000);

	lathe_error(error, LATHE_ERROR_USAGE,
		    "stage %s: %s at one sample every %s are %" G_GUINT64_FORMAT
		    " samples on each vCPU, fewer than the %u that prove anything",
		    stage->name, duration, interval, profile_planned_samples(profile, stage),
		    PROFILE_SAMPLES_MIN);
	lathe_error_hint(error, "measure for %s or longer (--duration), or at a shorter "
				"interval", shortest);
	return FALSE;
}

gboolean feasible_durations(const Profile *profile, GError **error)
{
	for (guint i = 0; i < profile->stages->len; i++) {
		const ProfileStage *stage = profile->stages->pdata[i];

		if (profile_planned_samples(profile, stage) < PROFILE_SAMPLES_MIN)
			return too_short(profile, stage, error);
	}
	return TRUE;
}

static gboolean too_large(const Profile *profile, guint threads, GError **error)
{
	lathe_error(error, LATHE_ERROR_USAGE,
		    "histogram = %u: the histograms of %u vCPUs have more than %u cells in all",
		    profile->buckets, threads, CYCLICTEST_FETCH_CELLS_MAX);
	lathe_error_hint(error, "make it %u or less (--set histogram=%u): a sample beyond the last "
				"cell is still counted, and the maximum is exact",
			 CYCLICTEST_FETCH_CELLS_MAX / threads, CYCLICTEST_FETCH_CELLS_MAX / threads);
	return FALSE;
}

gboolean feasible_results(const Profile *profile, guint threads, guint memory_mib, const char *vm,
			  GError **error)
{
	guint64 output = cyclictest_output_max(threads, profile->buckets);
	/* The tool writes into the guest's /tmp, a tmpfs: half of what the kernel manages. */
	guint64 needed_mib = KERNEL_MIB + 2 * ((output >> 20) + 1);

	if ((guint64)profile->buckets * threads > CYCLICTEST_FETCH_CELLS_MAX)
		return too_large(profile, threads, error);
	if (memory_mib >= needed_mib)
		return TRUE;
	if (vm) {
		lathe_error(error, LATHE_ERROR_USAGE,
			    "VM \"%s\" has %u MiB: the histograms of %u vCPUs with %u cells each may "
			    "not fit into its memory", vm, memory_mib, threads, profile->buckets);
		lathe_error_hint(error, "give it more (memory = %" G_GUINT64_FORMAT
					") or the histogram fewer cells (--set histogram=N)", needed_mib);
		return FALSE;
	}
	lathe_error(error, LATHE_ERROR_USAGE,
		    "memory_mib = %u: the histograms of %u vCPUs with %u cells each may not fit into "
		    "the guest's memory",
		    profile->memory_mib, threads, profile->buckets);
	lathe_error_hint(error, "give it more (--set memory_mib=%" G_GUINT64_FORMAT
				") or the histogram fewer cells (--set histogram=N)",
			 needed_mib);
	return FALSE;
}
