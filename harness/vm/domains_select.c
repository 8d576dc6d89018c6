/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domains.h"

#include <string.h>

#include "error.h"
#include "escape.h"
#include "ini.h"

static gboolean is_named(const DomainInfo *info, const char *name)
{
	return strcmp(info->name, name) == 0 || g_ascii_strcasecmp(info->uuid, name) == 0;
}

static gboolean unknown_name(const GPtrArray *list, const char *name, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *nearest;

	for (guint i = 0; i < list->len; i++)
		g_ptr_array_add(names, ((DomainInfo *)list->pdata[i])->name);
	lathe_error(error, LATHE_ERROR_USAGE, "libvirt has no VM '%s'", name);
	nearest = ini_nearest(name, (const char *const *)names->pdata, names->len);
	if (nearest) {
		g_autofree char *shown = escape_text(nearest, -1);

		lathe_error_hint(error, "did you mean '%s'?", shown);
	} else {
		lathe_error_hint(error, "`virsh list --all` shows what is there");
	}
	return FALSE;
}

GPtrArray *domains_select(const GPtrArray *list, const char *const *names, GError **error)
{
	g_autoptr(GPtrArray) selected = g_ptr_array_new();
	g_autofree gboolean *wanted = g_new0(gboolean, list->len + 1);

	for (; names && *names; names++) {
		g_auto(GStrv) each = g_strsplit(*names, ",", -1);

		for (char **name = each; *name; name++) {
			gboolean any = FALSE;

			for (guint i = 0; i < list->len; i++)
				if (is_named(list->pdata[i], *name))
					any = wanted[i] = TRUE;
			if (!any) {
				unknown_name(list, *name, error);
				return NULL;
			}
		}
	}
	for (guint i = 0; i < list->len; i++)
		if (wanted[i])
			g_ptr_array_add(selected, list->pdata[i]);
	return g_steal_pointer(&selected);
}
