/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_scene.h"

#include <string.h>

#include "error.h"
#include "escape.h"
#include "machine.h"
#include "siblings.h"
#include "vm_command.h"

/* Nobody said which libvirt: one that is not there is no mistake. */
static gboolean go_without(VmScene *scene, GError *cause)
{
	scene->unasked = g_strdup(cause->message);
	g_error_free(cause);
	return TRUE;
}

static gboolean connect_libvirt(VmScene *scene, const CommandContext *context,
				const Arguments *arguments, GError **error)
{
	gboolean is_given = arguments_value(arguments, "connect") != NULL;
	GError *cause = NULL;

	if (scene->captured && !is_given) {
		scene->unasked = g_strdup("the machine is a captured one");
		return TRUE;
	}
	hypervisor_init();
	scene->hypervisor =
		fleet_connect(context->state, vm_uri(arguments), FALSE, TRUE, &cause);
	if (scene->hypervisor)
		return TRUE;
	if (!is_given)
		return go_without(scene, cause);
	g_propagate_error(error, cause);
	return FALSE;
}

/* The CPUs that are offline now for each VM that runs: the kernel does not tell their cores. */
static Cpuset *read_held(const VmScene *scene, const CommandContext *context, GError **error)
{
	g_autofree Cpuset *held = g_new0(Cpuset, scene->configs->vms->len + 1);
	g_autofree char *directory = siblings_directory(context->state->lib);
	gboolean here = scene->host->here && !scene->captured;

	for (guint i = 0; here && i < scene->configs->vms->len; i++) {
		const VmConfig *vm = scene->configs->vms->pdata[i];

		if (!siblings_held(scene->host->root, directory, vm->uuid, &held[i], error))
			return NULL;
	}
	return g_steal_pointer(&held);
}

GPtrArray *vm_scene_layouts(const VmConfigs *configs, const Topology *topology,
			    gboolean demonstration, const Cpuset *held)
{
	guint n = configs->vms->len;
	g_autofree Cpuset *written = g_new(Cpuset, n + 1);
	GPtrArray *layouts;

	for (guint i = 0; i < n; i++) {
		VmConfig *vm = configs->vms->pdata[i];

		written[i] = vm->cpuset;
		cpuset_subtract(&vm->cpuset, &held[i]);
	}
	layouts = vm_layouts_new(configs, topology, demonstration);
	for (guint i = 0; i < n; i++) {
		VmLayout *layout = layouts->pdata[i];

		((VmConfig *)configs->vms->pdata[i])->cpuset = written[i];
		cpuset_union(&layout->owned, &held[i]);
		cpuset_union(&layout->offline, &held[i]);
	}
	return layouts;
}

static gboolean lay_out(VmScene *scene, const CommandContext *context, GError **error)
{
	g_autofree Cpuset *held = read_held(scene, context, error);

	if (!held)
		return FALSE;
	scene->layouts = vm_scene_layouts(scene->configs, scene->topology,
					  scene->demonstration, held);
	return TRUE;
}

static gboolean look(VmScene *scene, const CommandContext *context, const Arguments *arguments,
		     GError **error)
{
	if (scene->captured) {
		scene->root = machine_root(arguments, error);
		if (!scene->root)
			return FALSE;
	}
	if (!connect_libvirt(scene, context, arguments, error))
		return FALSE;
	scene->host = fleet_host_new(scene->hypervisor, scene->root, error);
	if (!scene->host || !fleet_host_check_topology(scene->host, error))
		return FALSE;
	scene->topology = scene->host->topology;
	if (!lay_out(scene, context, error))
		return FALSE;
	scene->breaches =
		fleet_host_breaches(scene->host, scene->configs, scene->layouts, error);
	return scene->breaches != NULL;
}

VmScene *vm_scene_new(const CommandContext *context, const Arguments *arguments, GError **error)
{
	g_autoptr(VmScene) scene = g_new0(VmScene, 1);

	if (!vm_demonstration_wanted(arguments, &scene->demonstration, error))
		return NULL;
	scene->captured = g_strdup(arguments_value(arguments, "root"));
	scene->configs = vm_configs_read(vm_config_path(arguments), error);
	if (!scene->configs)
		return NULL;
	scene->selected =
		vm_configs_select(scene->configs, arguments_positional(arguments), error);
	if (!scene->selected || !look(scene, context, arguments, error))
		return NULL;
	return g_steal_pointer(&scene);
}

char *vm_scene_machine(const VmScene *scene)
{
	if (scene->captured)
		return escape_text(scene->captured, -1);
	return scene->host->here ? g_strdup("this machine")
				 : escape_text(hypervisor_uri(scene->hypervisor), -1);
}

char *vm_scene_source(const VmScene *scene)
{
	g_autofree char *what = escape_text(
		scene->hypervisor ? hypervisor_uri(scene->hypervisor) : scene->unasked, -1);

	return g_strdup_printf("libvirt was %s: %s", scene->hypervisor ? "asked" : "not asked",
			       what);
}

void vm_scene_free(VmScene *scene)
{
	if (!scene)
		return;
	g_clear_pointer(&scene->breaches, g_ptr_array_unref);
	g_clear_pointer(&scene->layouts, g_ptr_array_unref);
	fleet_host_free(scene->host);
	hypervisor_free(scene->hypervisor);
	root_free(scene->root);
	g_clear_pointer(&scene->selected, g_ptr_array_unref);
	vm_configs_free(scene->configs);
	g_free(scene->captured);
	g_free(scene->unasked);
	g_free(scene);
}
