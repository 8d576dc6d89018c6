/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_show.h"

#include <stdio.h>

#include "machine.h"

static const Option options[] = {
	VM_SCENE_ROOT,
	VM_SCENE_PLAN,
	{"format", 0, "text|json", FALSE, "text (the default) or json"},
	{NULL},
};

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
	text = json ? vm_show_json(scene) : vm_show_text(scene);
	fputs(text, stdout);
	return 0;
}

const Command command_vm_show_config = {
	.name = "show-config",
	.summary = "show the config as it is interpreted, and the CPUs of all VMs",
	.arguments = "[VM...]",
	.arguments_max = ARGUMENTS_ANY,
	.description =
		"Of each VM (default: of all): what every key comes to on this machine, in which\n"
		"line it stands or that it is the default, and what auto stands for; the CPUs and\n"
		"the scheduling policy of each thread. Then which CPU carries what when all VMs\n"
		"run, and how many rules are broken. VMs are named by name or UUID. Nothing is\n"
		"changed.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
