/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology_load.h"

#include <errno.h>
#include <string.h>

#include "error.h"
#include "topology_guard.h"

/* hwloc takes these from the environment alone. Without "linux,stop" its x86 backend visits
 * every CPU, isolated ones too, and mixes the live machine's into a captured one;
 * HWLOC_ALLOW=all keeps it from following /proc/mounts to cgroups. */
static const char *const settings[][2] = {
	{"HWLOC_COMPONENTS", "linux,stop"},
	{"HWLOC_ALLOW", "all"},
	{"HWLOC_HIDE_ERRORS", "2"},
};

/* hwloc's part of the environment as it was, to put it back. */
typedef struct {
	GPtrArray *names, *values;
} Saved;

static Saved environment_replace(const Root *root)
{
	Saved saved = {g_ptr_array_new_with_free_func(g_free),
		       g_ptr_array_new_with_free_func(g_free)};
	g_auto(GStrv) all = g_listenv();

	for (char **name = all; *name; name++) {
		if (!g_str_has_prefix(*name, "HWLOC_"))
			continue;
		g_ptr_array_add(saved.names, g_strdup(*name));
		g_ptr_array_add(saved.values, g_strdup(g_getenv(*name)));
		g_unsetenv(*name);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
		g_setenv(settings[i][0], settings[i][1], TRUE);
	if (!root_is_live(root)) {
		/* By descriptor: the very directory that was looked at. */
		g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", root_fd(root));

		g_setenv("HWLOC_FSROOT", path, TRUE);
	}
	return saved;
}

static void environment_restore(Saved *saved)
{
	g_unsetenv("HWLOC_FSROOT");
	for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
		g_unsetenv(settings[i][0]);
	for (guint i = 0; i < saved->names->len; i++)
		g_setenv(saved->names->pdata[i], saved->values->pdata[i], TRUE);
	g_ptr_array_unref(saved->names);
	g_ptr_array_unref(saved->values);
}

/* No devices: a machine of 112 CPUs takes 15 ms instead of 20. Groups are what a NUMA node hangs
 * on that is smaller than its package (sub-NUMA clustering): without them its CPUs would be the
 * package's. */
static gboolean configure(hwloc_topology_t hwloc)
{
	return hwloc_topology_set_all_types_filter(hwloc, HWLOC_TYPE_FILTER_KEEP_NONE) == 0 &&
	       hwloc_topology_set_type_filter(hwloc, HWLOC_OBJ_PACKAGE,
					      HWLOC_TYPE_FILTER_KEEP_ALL) == 0 &&
	       hwloc_topology_set_type_filter(hwloc, HWLOC_OBJ_CORE,
					      HWLOC_TYPE_FILTER_KEEP_ALL) == 0 &&
	       hwloc_topology_set_type_filter(hwloc, HWLOC_OBJ_GROUP,
					      HWLOC_TYPE_FILTER_KEEP_STRUCTURE) == 0 &&
	       hwloc_topology_set_cache_types_filter(hwloc, HWLOC_TYPE_FILTER_KEEP_ALL) == 0 &&
	       hwloc_topology_set_icache_types_filter(hwloc, HWLOC_TYPE_FILTER_KEEP_ALL) == 0 &&
	       hwloc_topology_set_flags(hwloc, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED |
						       HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS |
						       HWLOC_TOPOLOGY_FLAG_NO_CPUKINDS) == 0;
}

static hwloc_topology_t load(void)
{
	hwloc_topology_t hwloc;

	if (hwloc_topology_init(&hwloc) != 0)
		return NULL;
	if (configure(hwloc) && hwloc_topology_load(hwloc) == 0)
		return hwloc;
	hwloc_topology_destroy(hwloc);
	return NULL;
}

hwloc_topology_t topology_load(const Root *root, GError **error)
{
	hwloc_topology_t hwloc;
	Saved saved;

	if (!root_is_live(root) && !topology_guard(root, error))
		return NULL;
	saved = environment_replace(root);
	hwloc = load();
	environment_restore(&saved);
	if (!hwloc) {
		lathe_error(error, LATHE_ERROR_INPUT,
			    "hwloc finds no topology of CPU 0 or of the first online CPU below "
			    "sys/devices/system/cpu");
		lathe_error_hint(error, "a capture needs cpu*/topology, and cpu/online when CPU 0 "
				 "is offline");
	}
	return hwloc;
}
