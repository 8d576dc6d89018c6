/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resctrl.h"

#include <errno.h>
#include <string.h>

#include "error.h"
#include "number.h"

#define DIRECTORY "sys/fs/resctrl"

static gboolean odd(const char *path, int *ret_errno, GError **error)
{
	if (ret_errno)
		*ret_errno = EILSEQ;
	return lathe_error(error, LATHE_ERROR_INPUT, "'%s' is malformed", path);
}

static gboolean read_mask(const Root *root, const char *path, guint64 *ret, int *ret_errno,
			  GError **error)
{
	g_autofree char *line = NULL;

	if (!root_read_line(root, path, &line, ret_errno, error))
		return FALSE;
	return resctrl_mask_parse(line, ret) || odd(path, ret_errno, error);
}

static gboolean read_count(const Root *root, const char *path, guint *ret, int *ret_errno,
			   GError **error)
{
	g_autofree char *line = NULL;
	guint64 value;

	if (!root_read_line(root, path, &line, ret_errno, error))
		return FALSE;
	if (!number_parse(line, 0, G_MAXUINT16, &value, NULL))
		return odd(path, ret_errno, error);
	*ret = (guint)value;
	return TRUE;
}

gboolean resctrl_cache_read(const Root *root, const char *name, ResctrlCache *ret,
			    int *ret_errno, GError **error)
{
	g_autofree char *mask = g_strdup_printf(DIRECTORY "/info/%s/cbm_mask", name);
	g_autofree char *bits = g_strdup_printf(DIRECTORY "/info/%s/min_cbm_bits", name);
	g_autofree char *groups = g_strdup_printf(DIRECTORY "/info/%s/num_closids", name);
	g_autofree char *shared = g_strdup_printf(DIRECTORY "/info/%s/shareable_bits", name);
	ResctrlCache cache = {0};
	int missing = 0;

	if (!read_mask(root, mask, &cache.cbm_mask, ret_errno, error) ||
	    !read_count(root, bits, &cache.min_cbm_bits, ret_errno, error) ||
	    !read_count(root, groups, &cache.num_closids, ret_errno, error))
		return FALSE;
	/* Since Linux 4.19. */
	if (!read_mask(root, shared, &cache.shareable_bits, &missing, NULL) &&
	    missing == EILSEQ)
		return odd(shared, ret_errno, error);
	*ret = cache;
	return TRUE;
}

void resctrl_group_free(ResctrlGroup *group)
{
	if (!group)
		return;
	resctrl_schemata_free(group->schemata);
	g_free(group->mode);
	g_free(group->name);
	g_free(group);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ResctrlGroup, resctrl_group_free)

static char *path_in(const ResctrlGroup *group, const char *file)
{
	return g_strdup_printf(DIRECTORY "%s%s/%s", *group->name ? "/" : "", group->name, file);
}

static gboolean read_cpus(const Root *root, ResctrlGroup *group, int *ret_errno,
			  GError **error)
{
	g_autofree char *mask_path = path_in(group, "cpus");
	g_autofree char *list_path = path_in(group, "cpus_list");
	g_autofree char *mask = NULL, *list = NULL;
	g_autoptr(GError) absent = NULL;
	Cpuset listed;
	int errnum = 0;

	if (!root_read_line(root, mask_path, &mask, ret_errno, error))
		return FALSE;
	if (!cpumask_parse(mask, CPUSET_CPUS, &group->cpus, NULL))
		return odd(mask_path, ret_errno, error);
	if (!root_read_line(root, list_path, &list, &errnum, &absent)) {
		if (errnum == ENOENT)
			return TRUE;
		if (ret_errno)
			*ret_errno = errnum;
		g_propagate_error(error, g_steal_pointer(&absent));
		return FALSE;
	}
	if (!cpulist_parse_kernel(list, CPUSET_CPUS, &listed, NULL))
		return odd(list_path, ret_errno, error);
	if (cpuset_equal(&group->cpus, &listed))
		return TRUE;
	if (ret_errno)
		*ret_errno = EILSEQ;
	return lathe_error(error, LATHE_ERROR_INPUT, "'%s' and '%s' name other CPUs", mask_path,
			   list_path);
}

static ResctrlGroup *read_group(const Root *root, const char *name, int *ret_errno,
				GError **error)
{
	g_autoptr(ResctrlGroup) group = g_new0(ResctrlGroup, 1);
	g_autofree char *schemata = NULL, *mode = NULL, *text = NULL;
	gsize length;

	group->name = g_strdup(name);
	schemata = path_in(group, "schemata");
	mode = path_in(group, "mode");
	if (!root_read(root, schemata, &text, &length, ret_errno, error))
		return NULL;
	group->schemata = resctrl_schemata_parse(text, length, error);
	if (!group->schemata) {
		if (ret_errno)
			*ret_errno = EILSEQ;
		g_prefix_error(error, "'%s': ", schemata);
		return NULL;
	}
	if (!read_cpus(root, group, ret_errno, error))
		return NULL;
	root_read_line(root, mode, &group->mode, NULL, NULL);
	return g_steal_pointer(&group);
}

/* A directory beside info, mon_groups and mon_data is a control group: it has a schemata. */
static gboolean is_group(const Root *root, const char *name)
{
	g_autofree char *schemata = g_strdup_printf(DIRECTORY "/%s/schemata", name);

	return strcmp(name, "info") != 0 && root_exists(root, schemata);
}

GPtrArray *resctrl_groups_read(const Root *root, int *ret_errno, GError **error)
{
	g_autoptr(GPtrArray) groups =
		g_ptr_array_new_with_free_func((GDestroyNotify)resctrl_group_free);
	g_autoptr(GPtrArray) names = NULL;
	ResctrlGroup *group = read_group(root, "", ret_errno, error);

	if (!group)
		return NULL;
	g_ptr_array_add(groups, group);
	names = root_list(root, DIRECTORY, error);
	if (!names) {
		if (ret_errno)
			*ret_errno = EIO;
		return NULL;
	}
	for (guint i = 0; i < names->len; i++) {
		if (!is_group(root, names->pdata[i]))
			continue;
		group = read_group(root, names->pdata[i], ret_errno, error);
		if (!group)
			return NULL;
		g_ptr_array_add(groups, group);
	}
	return g_steal_pointer(&groups);
}
