/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cache_judge.h"

#include <errno.h>
#include <string.h>

#include "cpuinfo.h"
#include "judge.h"
#include "place.h"
#include "view.h"

#define RESCTRL "sys/fs/resctrl"

/* A word of proc/cpuinfo for each thing that resctrl can do
 * (arch/x86/kernel/cpu/resctrl). */
static gboolean cpu_allocates(KnobView *view, gboolean *ret_known)
{
	static const char *const flags[] = {"cat_l3", "cat_l2", "mba", NULL};
	const char *text = knob_view_read(view, "proc/cpuinfo", NULL);
	g_autoptr(CpuInfo) info = text ? cpuinfo_parse(text, strlen(text), NULL) : NULL;

	*ret_known = info && cpuinfo_is_x86(info);
	for (guint i = 0; info && flags[i]; i++)
		if (cpuinfo_has_flag(info, flags[i]))
			return TRUE;
	return FALSE;
}

void cache_judge_mounted(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const char *text = knob_view_read(view, RESCTRL "/schemata", &errnum);
	gboolean known = FALSE;
	gboolean allocates = cpu_allocates(view, &known);
	g_autoptr(ResctrlSchemata) schemata = NULL;

	if (text) {
		schemata = resctrl_schemata_parse(text, strlen(text), NULL);
		finding_add_evidence(finding, g_strdup(RESCTRL "/schemata"),
				     g_strdup(text), NULL);
		if (schemata && schemata->n_resources > 0)
			knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
		else
			knob_conclude(knob, finding, MATCH_ODD,
				      RESCTRL "/schemata holds no schemata");
		return;
	}
	if (errnum != ENOENT || !knob_view_complete(view)) {
		knob_conclude_errno(knob, view, finding, RESCTRL "/schemata", errnum);
		return;
	}
	if (known && !allocates)
		knob_conclude(
			knob, finding, MATCH_IRRELEVANT,
			"the CPU cannot divide its cache: none of cat_l3, cat_l2 and mba "
			"is among its flags in proc/cpuinfo");
	else if (!known)
		knob_conclude(
			knob, finding, MATCH_ODD,
			"resctrl is not mounted, and proc/cpuinfo does not tell whether "
			"the CPU could");
	else
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "the CPU can divide its cache, and resctrl is not mounted");
}

/* Rows about the planned CPUs' own groups mean nothing without one. */
static gboolean without_group(const Knob *knob, Finding *finding,
			      const CacheGroups *groups)
{
	if (groups->ours->len > 0)
		return FALSE;
	knob_conclude(knob, finding, MATCH_IRRELEVANT,
		      "planned CPUs have no group of their own: see cache.group");
	return TRUE;
}

static const char *name_of(const ResctrlGroup *group)
{
	return *group->name ? group->name : "the default group";
}

void cache_judge_group(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(CacheGroups) groups = cache_groups_read(knob, view, finding);
	Cpuset rest = *knob_view_planned(view);
	g_autofree char *list = NULL;

	if (!groups)
		return;
	cpuset_subtract(&rest, &groups->covered);
	for (guint i = 0; i < groups->ours->len; i++) {
		const ResctrlGroup *group = groups->ours->pdata[i];

		finding_add_evidence(finding,
				     g_strdup_printf(RESCTRL "/%s/cpus", group->name),
				     cpulist_format(&group->cpus), NULL);
	}
	list = cpulist_format(&rest);
	if (*list)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "CPUs %s share the cache of the default group", list);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

static void compare_groups(Tally *tally, const ResctrlGroup *ours,
			   const ResctrlGroup *other)
{
	g_autofree char *place =
		g_strdup_printf("%s and %s", name_of(ours), name_of(other));
	g_autofree char *seen = NULL;
	ResctrlOverlap overlap;

	if (!resctrl_overlap(ours->schemata, other->schemata, &overlap)) {
		tally_match(tally, MATCH_HOLDS, place, NULL, -1, "no way in common",
			    NULL);
		return;
	}
	seen = g_strdup_printf("ways %" G_GINT64_MODIFIER "x of L%u %u in common",
			       overlap.shared, overlap.level, overlap.id);
	tally_match(tally, MATCH_BROKEN, place, seen, -1, "no way in common", NULL);
}

static gboolean has_cache(const ResctrlGroup *group)
{
	for (guint i = 0; i < group->schemata->n_resources; i++)
		if (group->schemata->resources[i].kind == RESCTRL_CACHE &&
		    !group->schemata->resources[i].unset)
			return TRUE;
	return FALSE;
}

void cache_judge_disjoint(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(CacheGroups) groups = cache_groups_read(knob, view, finding);
	g_autoptr(Tally) tally = NULL;

	if (!groups || without_group(knob, finding, groups))
		return;
	tally = tally_new(knob, view);
	for (guint i = 0; i < groups->ours->len; i++) {
		const ResctrlGroup *ours = groups->ours->pdata[i];

		if (!has_cache(ours)) {
			knob_conclude(knob, finding, MATCH_IRRELEVANT,
				      "%s divides bandwidth only, no cache",
				      name_of(ours));
			return;
		}
		/* Two groups of planned CPUs share as they like. */
		for (guint k = 0; k < groups->groups->len; k++)
			if (!g_ptr_array_find(groups->ours, groups->groups->pdata[k],
					      NULL))
				compare_groups(tally, ours, groups->groups->pdata[k]);
	}
	tally_finish(tally, finding);
}

/* Newer kernels tell whether the processor takes masks with holes (sparse_masks). */
static gboolean sparse_allowed(KnobView *view, const char *resource)
{
	g_autofree char *path =
		g_strdup_printf(RESCTRL "/info/%s/sparse_masks", resource);
	const char *line = knob_view_line(view, path, NULL);

	return line && strcmp(line, "1") == 0;
}

/* TRUE with the mask in a one-line hexadecimal file. */
static gboolean read_bits(KnobView *view, const char *resource, const char *file,
			  guint64 *ret, int *ret_errno)
{
	g_autofree char *path = g_strdup_printf(RESCTRL "/info/%s/%s", resource, file);
	const char *line = knob_view_line(view, path, ret_errno);
	char *end;

	if (!line)
		return FALSE;
	*ret_errno = ERANGE;
	if (!g_ascii_isxdigit(*line) || strlen(line) > 16)
		return FALSE;
	*ret = g_ascii_strtoull(line, &end, 16);
	return *end == '\0';
}

static void judge_masks(KnobView *view, Tally *tally, const ResctrlGroup *group,
			const ResctrlResource *resource)
{
	g_autofree char *place = g_strdup_printf(RESCTRL "%s%s/schemata %s",
						 *group->name ? "/" : "", group->name,
						 resource->name);
	guint64 all = 0;
	int errnum = 0;
	gboolean known = read_bits(view, resource->name, "cbm_mask", &all, &errnum);

	for (guint i = 0; i < resource->n_domains; i++) {
		guint64 mask = resource->domains[i].value;
		g_autofree char *seen = g_strdup_printf("%" G_GINT64_MODIFIER "x", mask);
		gboolean run = resctrl_mask_contiguous(mask) ||
			       sparse_allowed(view, resource->name);

		if (!known && errnum != ENOENT)
			tally_match(tally, MATCH_ODD, place, seen, -1, NULL,
				    "info/RESOURCE/cbm_mask cannot be read");
		else if (known && (mask & ~all))
			tally_match(tally, MATCH_ODD, place, seen, -1, NULL,
				    "more ways than the cache has");
		else
			tally_match(tally, run ? MATCH_HOLDS : MATCH_BROKEN, place, seen,
				    -1, "one run of ones", NULL);
	}
}

void cache_judge_contiguous(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(CacheGroups) groups = cache_groups_read(knob, view, finding);
	g_autoptr(Tally) tally = NULL;
	guint judged = 0;

	if (!groups)
		return;
	tally = tally_new(knob, view);
	for (guint i = 0; i < groups->groups->len; i++) {
		const ResctrlGroup *group = groups->groups->pdata[i];

		for (guint k = 0; k < group->schemata->n_resources; k++) {
			const ResctrlResource *resource = &group->schemata->resources[k];

			if (resource->kind != RESCTRL_CACHE || resource->unset)
				continue;
			judge_masks(view, tally, group, resource);
			judged++;
		}
	}
	if (judged > 0)
		tally_finish(tally, finding);
	else
		knob_conclude(knob, finding, MATCH_IRRELEVANT, "no cache is divided");
}

void cache_judge_shareable(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(CacheGroups) groups = cache_groups_read(knob, view, finding);
	g_autoptr(Tally) tally = NULL;

	if (!groups || without_group(knob, finding, groups))
		return;
	tally = tally_new(knob, view);
	for (guint i = 0; i < groups->ours->len; i++) {
		const ResctrlGroup *group = groups->ours->pdata[i];

		for (guint k = 0; k < group->schemata->n_resources; k++) {
			const ResctrlResource *resource = &group->schemata->resources[k];
			g_autofree char *place = g_strdup_printf(
				RESCTRL "/info/%s/shareable_bits", resource->name);
			guint64 shared = 0;
			int errnum = 0;

			if (resource->kind != RESCTRL_CACHE)
				continue;
			if (!read_bits(view, resource->name, "shareable_bits", &shared,
				       &errnum)) {
				tally_errno(tally, place, errnum, -1);
				continue;
			}
			for (guint d = 0; d < resource->n_domains; d++) {
				guint64 both = resource->domains[d].value & shared;
				g_autofree char *seen = g_strdup_printf(
					"%" G_GINT64_MODIFIER "x in common with %s", both,
					group->name);

				tally_match(tally, both ? MATCH_BROKEN : MATCH_HOLDS,
					    place, both ? seen : NULL, -1,
					    "no way in common", NULL);
			}
		}
	}
	tally_finish(tally, finding);
}

void cache_judge_exclusive(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(CacheGroups) groups = cache_groups_read(knob, view, finding);
	g_autoptr(Tally) tally = NULL;

	if (!groups || without_group(knob, finding, groups))
		return;
	tally = tally_new(knob, view);
	for (guint i = 0; i < groups->ours->len; i++) {
		const ResctrlGroup *group = groups->ours->pdata[i];
		g_autofree char *place = g_strdup_printf(RESCTRL "/%s/mode", group->name);
		int errnum = 0;
		const char *mode = knob_view_line(view, place, &errnum);

		if (!mode)
			tally_errno(tally, place, errnum, -1);
		else
			tally_match(tally,
				    strcmp(mode, "exclusive") == 0   ? MATCH_HOLDS
				    : strcmp(mode, "shareable") == 0 ? MATCH_BROKEN
								     : MATCH_ODD,
				    place, mode, -1, "exclusive", NULL);
	}
	tally_finish(tally, finding);
}

/* Percent of what the memory gives. Above 100 the unit is another one: MBps under the
 * mount option mba_MBps, eighths of a GB/s on AMD; what is unlimited is the vendor's
 * then. */
static void judge_share(Tally *tally, const ResctrlGroup *group,
			const ResctrlDomain *domain, gboolean ours)
{
	g_autofree char *place = g_strdup_printf(RESCTRL "%s%s/schemata MB",
						 *group->name ? "/" : "", group->name);
	g_autofree char *seen = g_strdup_printf("%" G_GUINT64_FORMAT, domain->value);
	gboolean full = domain->value == 100;

	if (domain->value > 100)
		tally_match(tally, MATCH_ODD, place, seen, -1, NULL, "not in percent");
	else
		tally_match(tally, full == ours ? MATCH_HOLDS : MATCH_BROKEN, place, seen,
			    -1, ours ? "100" : "less than 100", NULL);
}

static void judge_shares(const Knob *knob, KnobView *view, Finding *finding,
			 gboolean ours)
{
	g_autoptr(CacheGroups) groups = cache_groups_read(knob, view, finding);
	g_autoptr(Tally) tally = NULL;
	guint judged = 0;

	if (!groups || without_group(knob, finding, groups))
		return;
	tally = tally_new(knob, view);
	for (guint i = 0; i < groups->groups->len; i++) {
		const ResctrlGroup *group = groups->groups->pdata[i];
		const ResctrlResource *resource =
			resctrl_schemata_find(group->schemata, "MB");
		gboolean is_ours = g_ptr_array_find(groups->ours, group, NULL);

		if (!resource || is_ours != ours)
			continue;
		for (guint k = 0; k < resource->n_domains; k++)
			judge_share(tally, group, &resource->domains[k], ours);
		judged += resource->n_domains;
	}
	if (judged > 0)
		tally_finish(tally, finding);
	else
		knob_conclude(
			knob, finding, MATCH_IRRELEVANT,
			"the CPU cannot divide memory bandwidth: no MB in schemata");
}

void cache_judge_bandwidth(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_shares(knob, view, finding, TRUE);
}

void cache_judge_neighbours(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_shares(knob, view, finding, FALSE);
}
