/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <stdio.h>

#include "machine.h"
#include "topology.h"
#include "topology_text.h"

static const Option options[] = {
	{"root", 'r', "DIR|FILE", FALSE,
	 "look at the captured machine there (default: this one)"},
	{"format", 'f', "text|json", FALSE, "text (the default), or json: all of it"},
	{NULL},
};

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	g_autoptr(Root) root = NULL;
	g_autoptr(Topology) topology = NULL;
	g_autofree char *text = NULL;
	gboolean json;

	(void)context;
	if (!machine_json_wanted(arguments, &json, error))
		return -1;
	root = machine_root(arguments, error);
	topology = root ? topology_read(root, error) : NULL;
	if (!topology)
		return -1;
	text = json ? topology_json(topology) : topology_text(topology);
	fputs(text, stdout);
	return 0;
}

const Command command_topology = {
	.name = "topology",
	.summary = "show NUMA nodes, sockets, cores, CPUs and caches",
	.arguments = "",
	.description =
		"Which CPUs share a core, a cache, a socket and a NUMA node; which are isolated or\n"
		"offline; how much memory each node has and how far it is from the others.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
