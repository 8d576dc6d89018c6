/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_scene.h"

#include <string.h>

#include "error.h"
#include "machine.h"
#include "vm_command.h"

static gboolean parse_plan(const Arguments *arguments, gboolean *ret, GError **error)
{
	const char *plan = arguments_value(arguments, "plan");

	if (plan && strcmp(plan, "qualification") != 0 && strcmp(plan, "demonstration") != 0)
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "--plan '%s' is not qualification or demonstration", plan);
	*ret = plan && strcmp(plan, "demonstration") == 0;
	return TRUE;
}

VmScene *vm_scene_new(const Arguments *arguments, GError **error)
{
	g_autoptr(VmScene) scene = g_new0(VmScene, 1);

	if (!parse_plan(arguments, &scene->demonstration, error))
		return NULL;
	scene->captured = g_strdup(arguments_value(arguments, "root"));
	scene->configs = vm_configs_read(vm_config_path(arguments), error);
	if (!scene->configs)
		return NULL;
	scene->selected =
		vm_configs_select(scene->configs, arguments_positional(arguments), error);
	if (!scene->selected)
		return NULL;
	scene->root = machine_root(arguments, error);
	scene->topology = scene->root ? topology_read(scene->root, error) : NULL;
	if (!scene->topology)
		return NULL;
	scene->layouts =
		vm_layouts_new(scene->configs, scene->topology, scene->demonstration);
	return g_steal_pointer(&scene);
}

GPtrArray *vm_scene_breaches(const VmScene *scene)
{
	RuleScene rules = {scene->configs, scene->layouts, scene->topology, scene->root,
			   scene->domains};

	return vm_rules_check(&rules);
}

void vm_scene_free(VmScene *scene)
{
	if (!scene)
		return;
	g_clear_pointer(&scene->layouts, g_ptr_array_unref);
	g_clear_pointer(&scene->topology, topology_free);
	g_clear_pointer(&scene->root, root_free);
	g_clear_pointer(&scene->selected, g_ptr_array_unref);
	vm_configs_free(scene->configs);
	g_free(scene->captured);
	g_free(scene->domains);
	g_free(scene);
}
