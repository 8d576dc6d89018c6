/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scene.h"

#include "error.h"
#include "siblings.h"

Scene *scene_new(const FleetHost *host, VmConfigs *configs, const char *lib,
		 gboolean demonstration, Waiter *waiter, GError **error)
{
	g_autoptr(Scene) scene = g_new0(Scene, 1);

	*scene = (Scene){.host = host,
			 .configs = configs,
			 .siblings = siblings_directory(lib),
			 .demonstration = demonstration,
			 .waiter = waiter};
	if (!fleet_host_check_topology(host, error) ||
	    !fleet_host_leave_out_held(host, lib, configs, error))
		return NULL;
	scene->defined = vm_layouts_new(configs, host->topology, FALSE);
	scene->live = demonstration ? vm_layouts_new(configs, host->topology, TRUE)
				    : g_ptr_array_ref(scene->defined);
	return g_steal_pointer(&scene);
}

void scene_free(Scene *scene)
{
	if (!scene)
		return;
	g_clear_pointer(&scene->live, g_ptr_array_unref);
	g_clear_pointer(&scene->defined, g_ptr_array_unref);
	g_free(scene->siblings);
	g_free(scene);
}

gboolean scene_plan(const Scene *scene, const VmConfig *vm, Plan **ret, GError **error)
{
	const VmLayout *layout = vm_layout_find(scene->live, vm);
	Plan *plan = NULL;

	if (layout->bound) {
		plan = vm_layout_plan(layout, scene->live, &scene->host->topology->online, error);
		if (!plan)
			return FALSE;
	}
	*ret = plan;
	return TRUE;
}
