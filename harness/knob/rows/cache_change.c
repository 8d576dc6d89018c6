/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What makes the rows of layer cache hold: a group of resctrl for the planned CPUs. */
#include <string.h>

#include "cache_judge.h"
#include "cache_ways.h"
#include "change.h"
#include "set.h"
#include "view.h"

#define RT_NAME  "lathe-rt"
#define RT_GROUP RESCTRL_PATH "/" RT_NAME
/* Of the memory bandwidth of a core, in percent: a compromise, as the sources name none.
 */
#define OTHERS_SHARE 50

/* ---- values of a line of schemata ---- */

static void add_value(GString *line, const ResctrlResource *resource, guint id,
		      guint64 value)
{
	const char *separator = line->len > 0 ? ";" : "";

	if (resource->kind == RESCTRL_CACHE)
		g_string_append_printf(line, "%s%u=%" G_GINT64_MODIFIER "x", separator,
				       id, value);
	else
		g_string_append_printf(line, "%s%u=%" G_GUINT64_FORMAT, separator, id,
				       value);
}

static char *line_of(const ResctrlResource *resource)
{
	g_autoptr(GString) line = g_string_new(NULL);

	for (guint i = 0; i < resource->n_domains; i++)
		add_value(line, resource, resource->domains[i].id,
			  resource->domains[i].value);
	return g_string_free(g_steal_pointer(&line), FALSE);
}

static void add_line(Changes *changes, const Knob *knob, const char *group,
		     const ResctrlResource *resource, const char *then)
{
	g_autofree char *was = line_of(resource);
	g_autofree char *place = g_strdup_printf(RESCTRL_PATH "%s%s/schemata %s",
						 *group ? "/" : "", group,
						 resource->name);

	changes_add(changes, knob, CHANGE_SCHEMATA, place, was, then);
}

/* ---- a group where there is none ---- */

/* Whether a planned CPU uses that cache; one of which nobody knows counts. */
static gboolean is_used(KnobView *view, const ResctrlResource *resource, guint id)
{
	gboolean known = FALSE;

	CPUSET_FOREACH (cpu, knob_view_planned(view)) {
		g_autofree char *pattern = g_strdup_printf(
			"sys/devices/system/cpu/cpu%d/cache/index*/level", cpu);
		const GPtrArray *levels = knob_view_glob(view, pattern);

		for (guint i = 0; i < levels->len; i++) {
			g_autofree char *folder = g_path_get_dirname(levels->pdata[i]);
			g_autofree char *path = g_build_filename(folder, "id", NULL);
			gint64 level, cache;

			if (!knob_view_number(view, levels->pdata[i], 1, 9, &level,
					      NULL) ||
			    level != (gint64)resource->level ||
			    !knob_view_number(view, path, 0, G_MAXUINT32, &cache, NULL))
				continue;
			known = TRUE;
			if (cache == (gint64)id)
				return TRUE;
		}
	}
	return !known;
}

/* Ways of that cache that groups of others have; the default group gives way. */
static guint64 taken_ways(const CacheGroups *groups, const char *resource, guint id)
{
	guint64 taken = 0;

	for (guint i = 1; i < groups->groups->len; i++) {
		const ResctrlGroup *group = groups->groups->pdata[i];
		const ResctrlResource *theirs =
			resctrl_schemata_find(group->schemata, resource);
		guint64 mask = 0;

		if (strcmp(group->name, RT_NAME) != 0 && theirs &&
		    resctrl_resource_value(theirs, id, &mask))
			taken |= mask;
	}
	return taken;
}

/* Divides one cache between the group to be made and the default group. */
static gboolean divide_cache(const Knob *knob, KnobView *view, const CacheGroups *groups,
			     const ResctrlResource *resource, Changes *changes)
{
	g_autoptr(GString) ours = g_string_new(NULL);
	g_autoptr(GString) rest = g_string_new(NULL);
	g_autoptr(GString) was = g_string_new(NULL);
	g_autofree char *place = g_strdup_printf(RT_GROUP "/schemata %s", resource->name);
	CacheWays ways = cache_ways_read(view, resource->name);

	for (guint i = 0; i < resource->n_domains; i++) {
		guint id = resource->domains[i].id;
		guint64 taken = taken_ways(groups, resource->name, id);
		guint64 mask =
			cache_ways_choose(&ways, taken, is_used(view, resource, id));
		guint64 others = cache_ways_run(ways.all & ~mask);

		if (mask == 0 || cache_ways_count(others) < ways.least) {
			changes_add_unchangeable(
				changes, knob,
				"%s %u: no ways are free for the planned CPUs",
				resource->name, id);
			return FALSE;
		}
		add_value(ours, resource, id, mask);
		add_value(rest, resource, id, others);
		add_value(was, resource, id, ways.all);
	}
	changes_add(changes, knob, CHANGE_SCHEMATA, place, was->str, ours->str);
	add_line(changes, knob, "", resource, rest->str);
	return TRUE;
}

static guint last_level(const ResctrlSchemata *schemata)
{
	guint level = 0;

	for (guint i = 0; i < schemata->n_resources; i++)
		level = MAX(level, schemata->resources[i].level);
	return level;
}

/* In percent: above 100 the unit is another one, and nobody knows what is unlimited. */
static gboolean is_percent(const ResctrlResource *resource)
{
	for (guint i = 0; i < resource->n_domains; i++)
		if (resource->domains[i].value > 100)
			return FALSE;
	return TRUE;
}

/* The kernel rounds up to its steps. */
static guint64 others_share(KnobView *view)
{
	gint64 step = cache_info_number(view, "MB", "bandwidth_gran", 10);

	return (guint64)MIN((OTHERS_SHARE + step - 1) / step * step, 100);
}

/* Domains that hold `from` get `to`; `from` 0: all that do not hold it. */
static void set_share(const Knob *knob, const char *group,
		      const ResctrlResource *resource, guint64 from, guint64 to,
		      Changes *changes)
{
	g_autoptr(GString) then = g_string_new(NULL);

	if (!is_percent(resource)) {
		changes_add_unchangeable(changes, knob, "%s: not in percent",
					 resource->name);
		return;
	}
	for (guint i = 0; i < resource->n_domains; i++) {
		guint64 value = resource->domains[i].value;

		add_value(then, resource, resource->domains[i].id,
			  from == 0 || value == from ? to : value);
	}
	add_line(changes, knob, group, resource, then->str);
}

/* The kernel puts the CPUs that leave a group back into the default one. */
static gboolean add_cpus(const Knob *knob, KnobView *view, const char *group,
			 const Cpuset *has, Changes *changes)
{
	const char *like = knob_view_line(view, RESCTRL_PATH "/cpus", NULL);
	g_autofree char *place = g_strdup_printf("%s/cpus", group);
	g_autofree char *was = NULL;
	g_autofree char *then = NULL;
	Cpuset cpus = *has;

	cpuset_union(&cpus, knob_view_planned(view));
	was = like ? set_mask_like(like, has) : NULL;
	then = like ? set_mask_like(like, &cpus) : NULL;
	if (was && then)
		changes_add(changes, knob, CHANGE_FILE, place, was, then);
	else
		changes_add_unchangeable(changes, knob, "%s: its CPUs cannot be written",
					 place);
	return was && then;
}

/* Every cache of the last level: code and data apart where CDP is on. */
static gboolean divide_caches(const Knob *knob, KnobView *view, const CacheGroups *groups,
			      Changes *changes)
{
	const ResctrlGroup *all = groups->groups->pdata[0];
	guint level = last_level(all->schemata);

	for (guint i = 0; i < all->schemata->n_resources; i++) {
		const ResctrlResource *resource = &all->schemata->resources[i];
		gint64 most =
			cache_info_number(view, resource->name, "num_closids", 1024);

		if (resource->kind != RESCTRL_CACHE || resource->level != level ||
		    resource->unset)
			continue;
		if (groups->groups->len >= (guint)most) {
			changes_add_unchangeable(
				changes, knob,
				"there are %u groups already, and no more "
				"can be",
				groups->groups->len);
			return FALSE;
		}
		if (!divide_cache(knob, view, groups, resource, changes))
			return FALSE;
	}
	return TRUE;
}

static void make_group(const Knob *knob, KnobView *view, const CacheGroups *groups,
		       Changes *changes)
{
	const ResctrlGroup *all = groups->groups->pdata[0];
	const ResctrlResource *share = resctrl_schemata_find(all->schemata, "MB");
	guint before = changes->changes->len;

	changes_add(changes, knob, CHANGE_DIRECTORY, RT_GROUP, "absent", "present");
	if (!add_cpus(knob, view, RT_GROUP, &(Cpuset){0}, changes) ||
	    !divide_caches(knob, view, groups, changes)) {
		g_ptr_array_set_size(changes->changes, (gint)before);
		return;
	}
	if (share)
		set_share(knob, "", share, 100, others_share(view), changes);
}

/* ---- rows ---- */

static CacheGroups *broken_groups(const Knob *knob, KnobView *view, Changes *changes)
{
	g_autoptr(Finding) finding = finding_new();

	return change_judged(knob, view, changes) ? cache_groups_read(knob, view, finding)
						  : NULL;
}

void cache_change_group(const Knob *knob, KnobView *view, Changes *changes)
{
	g_autoptr(CacheGroups) groups = broken_groups(knob, view, changes);
	const ResctrlGroup *ours;
	g_autofree char *path = NULL;

	if (!groups)
		return;
	if (groups->ours->len == 0) {
		make_group(knob, view, groups, changes);
		return;
	}
	ours = groups->ours->pdata[0];
	path = g_strdup_printf(RESCTRL_PATH "/%s", ours->name);
	add_cpus(knob, view, path, &ours->cpus, changes);
}

/* Every way of that cache that planned CPUs have, code and data alike. */
static guint64 our_ways(const CacheGroups *groups, guint level, guint id)
{
	guint64 ways = 0;

	for (guint i = 0; i < groups->ours->len; i++) {
		const ResctrlGroup *group = groups->ours->pdata[i];

		for (guint k = 0; k < group->schemata->n_resources; k++) {
			const ResctrlResource *resource = &group->schemata->resources[k];
			guint64 mask = 0;

			if (resource->kind == RESCTRL_CACHE && resource->level == level &&
			    resctrl_resource_value(resource, id, &mask))
				ways |= mask;
		}
	}
	return ways;
}

/* What it keeps, if that is enough; else the longest run of what is left. */
static void narrow(const Knob *knob, KnobView *view, const CacheGroups *groups,
		   const ResctrlResource *resource, Changes *changes)
{
	CacheWays ways = cache_ways_read(view, resource->name);
	g_autoptr(GString) then = g_string_new(NULL);

	for (guint i = 0; i < resource->n_domains; i++) {
		const ResctrlDomain *domain = &resource->domains[i];
		guint64 ours = our_ways(groups, resource->level, domain->id);
		guint64 mask = domain->value & ours
				       ? cache_ways_run(domain->value & ~ours)
				       : domain->value;

		if (cache_ways_count(mask) < ways.least)
			mask = cache_ways_run(ways.all & ~ours);
		if (cache_ways_count(mask) < ways.least) {
			changes_add_unchangeable(changes, knob,
						 "%s %u: the planned CPUs have all ways",
						 resource->name, domain->id);
			return;
		}
		add_value(then, resource, domain->id, mask);
	}
	add_line(changes, knob, "", resource, then->str);
}

void cache_change_disjoint(const Knob *knob, KnobView *view, Changes *changes)
{
	g_autoptr(CacheGroups) groups = broken_groups(knob, view, changes);
	const ResctrlGroup *all = groups ? groups->groups->pdata[0] : NULL;

	for (guint i = 1; groups && i < groups->groups->len; i++) {
		const ResctrlGroup *other = groups->groups->pdata[i];

		for (guint k = 0; k < groups->ours->len; k++) {
			const ResctrlGroup *ours = groups->ours->pdata[k];

			if (!g_ptr_array_find(groups->ours, other, NULL) &&
			    resctrl_overlap(ours->schemata, other->schemata, NULL))
				changes_add_unchangeable(changes, knob,
							 "group %s belongs to others",
							 other->name);
		}
	}
	for (guint i = 0; all && i < all->schemata->n_resources; i++)
		if (all->schemata->resources[i].kind == RESCTRL_CACHE &&
		    !all->schemata->resources[i].unset)
			narrow(knob, view, groups, &all->schemata->resources[i], changes);
}

void cache_change_bandwidth(const Knob *knob, KnobView *view, Changes *changes)
{
	g_autoptr(CacheGroups) groups = broken_groups(knob, view, changes);

	for (guint i = 0; groups && i < groups->ours->len; i++) {
		const ResctrlGroup *ours = groups->ours->pdata[i];
		const ResctrlResource *share =
			resctrl_schemata_find(ours->schemata, "MB");

		if (share)
			set_share(knob, ours->name, share, 0, 100, changes);
	}
}

static gboolean has_whole(const ResctrlResource *share)
{
	for (guint i = 0; share && i < share->n_domains; i++)
		if (share->domains[i].value == 100)
			return TRUE;
	return FALSE;
}

void cache_change_neighbours(const Knob *knob, KnobView *view, Changes *changes)
{
	g_autoptr(CacheGroups) groups = broken_groups(knob, view, changes);
	const ResctrlGroup *all = groups ? groups->groups->pdata[0] : NULL;
	const ResctrlResource *share = all ? resctrl_schemata_find(all->schemata, "MB")
					   : NULL;

	if (share)
		set_share(knob, "", share, 100, others_share(view), changes);
	for (guint i = 1; groups && i < groups->groups->len; i++) {
		const ResctrlGroup *other = groups->groups->pdata[i];

		if (g_ptr_array_find(groups->ours, other, NULL) ||
		    !has_whole(resctrl_schemata_find(other->schemata, "MB")))
			continue;
		changes_add_unchangeable(changes, knob, "group %s belongs to others",
					 other->name);
	}
}
