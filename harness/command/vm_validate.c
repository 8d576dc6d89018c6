/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "escape.h"
#include "machine.h"
#include "vm_breaches.h"
#include "vm_scene.h"

static const Option options[] = {
	VM_SCENE_ROOT,
	{"format", 0, "text|json", FALSE, "text (the default) or json"},
	{NULL},
};

static char *as_text(const VmScene *scene)
{
	g_autofree char *path = escape_text(scene->configs->path, -1);
	g_autofree char *each = breaches_text(scene->breaches, scene->configs->path);
	g_autofree char *summary = breaches_summary(scene->breaches);
	g_autofree char *source = vm_scene_source(scene);
	guint n = scene->configs->vms->len;

	return g_strdup_printf("%s%s: %u VM%s: %s\n%s\n", each, path, n, n == 1 ? "" : "s",
			       summary, source);
}

static char *as_json(const VmScene *scene)
{
	g_autofree char *path = g_utf8_make_valid(scene->configs->path, -1);
	json_t *whole = json_pack("{s:s, s:i, s:s?, s:i, s:o}", "config", path, "vms",
				  (int)scene->configs->vms->len, "libvirt",
				  scene->hypervisor ? hypervisor_uri(scene->hypervisor) : NULL,
				  "status", breaches_status(scene->breaches), "breaches", breaches_json(scene->breaches));
	char *dump = json_dumps(whole, JSON_INDENT(2));
	char *text = g_strconcat(dump, "\n", NULL);

	json_decref(whole);
	free(dump);
	return text;
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	g_autoptr(VmScene) scene = NULL;
	g_autofree char *text = NULL;
	gboolean json;

	if (!machine_json_wanted(arguments, &json, error))
		return -1;
	scene = vm_scene_new(context, arguments, error);
	if (!scene)
		return -1;
	text = json ? as_json(scene) : as_text(scene);
	fputs(text, stdout);
	return breaches_status(scene->breaches);
}

const Command command_vm_validate_config = {
	.name = "validate-config",
	.summary = "check the config by the rules of real-time VMs",
	.arguments = "",
	.description =
		"Every rule that the config breaks on this machine: line, level, what is wrong,\n"
		"and what to do. An error is what a real-time VM must not run with, a warning needs\n"
		"careful consideration, an advice could be better. Nothing is changed.\n"
		"\n"
		"Exit status: 0 no rule of level error is broken; 1 the config is not well-formed;\n"
		"2 one is broken; 3 one could not be looked at.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
