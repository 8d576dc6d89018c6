/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <stdio.h>

#include "error.h"
#include "machine.h"
#include "machine_vms.h"
#include "number.h"
#include "plan_text.h"
#include "plan_vms.h"
#include "propose.h"
#include "topology.h"
#include "vm_breaches.h"

static const Option options[] = {
	{"vcpus", 'v', "N", FALSE, "plan for a VM of N vCPUs, 2 to 255; the first keeps house"},
	MACHINE_VMS_OPTIONS("the plans of these configured VMs, and the rules that the VMs of the "
			    "config break"),
	{"node", 'n', "N", FALSE,
	 "take the cores of NUMA node N (default: the highest that has room)"},
	{"root", 'r', "DIR|FILE", FALSE,
	 "plan for the captured machine there (default: this one)"},
	{"demonstration", 0, NULL, FALSE,
	 "show what 'lathe run' would do on the machine as it is, and which rules that breaks; of "
	 "configured VMs, what they do without SCHED_FIFO on CPUs that are shared"},
	{"format", 'f', "text|json", FALSE, "text (the default) or json"},
	{NULL},
};

typedef struct {
	guint n_vcpus;
	int node;
	gboolean demonstration, json;
} Wanted;

static gboolean parse(const Arguments *arguments, Wanted *ret, GError **error)
{
	const char *vcpus = arguments_value(arguments, "vcpus");
	const char *node = arguments_value(arguments, "node");
	Wanted wanted = {.node = PROPOSAL_ANY_NODE};
	guint64 number;

	if (!vcpus) {
		lathe_error(error, LATHE_ERROR_USAGE, "'lathe plan' needs the number of vCPUs");
		lathe_error_hint(error, "lathe plan --vcpus 4, or --vm NAME for a configured VM");
		return FALSE;
	}
	if (!number_parse(vcpus, PLAN_VCPUS_MIN, PLAN_VCPUS_MAX, &number, error)) {
		g_prefix_error(error, "--vcpus: ");
		return FALSE;
	}
	wanted.n_vcpus = (guint)number;
	if (node) {
		if (!number_parse(node, 0, TOPOLOGY_NODES - 1, &number, error)) {
			g_prefix_error(error, "--node: ");
			return FALSE;
		}
		wanted.node = (int)number;
	}
	wanted.demonstration = arguments_flag(arguments, "demonstration");
	if (wanted.demonstration && node)
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "--node does not go with --demonstration: 'lathe run' takes the "
				   "CPUs by its own rule");
	if (!machine_json_wanted(arguments, &wanted.json, error))
		return FALSE;
	*ret = wanted;
	return TRUE;
}

static char *demonstrate(const Topology *topology, const Wanted *wanted, GError **error)
{
	Facts facts = {
		.online_known = TRUE,
		.online = topology->online,
		.isolated_known = topology->isolated_known,
		.isolated = topology->isolated,
	};
	g_autoptr(Plan) plan = plan_new(&facts, wanted->n_vcpus, NULL, error);

	if (!plan)
		return NULL;
	return wanted->json ? plan_json(plan) : plan_text(plan);
}

static char *propose(const Topology *topology, const Wanted *wanted, GError **error)
{
	g_autoptr(Proposal) proposal =
		proposal_new(topology, NULL, wanted->n_vcpus, wanted->node, error);
	g_autoptr(Plan) plan = proposal ? proposal_plan(proposal, error) : NULL;

	if (!plan)
		return NULL;
	return wanted->json ? proposal_json(proposal, plan)
			    : proposal_text(proposal, plan, topology);
}

/* In a demonstration what is broken is shown, and no more. */
static int plan_vms(const CommandContext *context, const Arguments *arguments, GError **error)
{
	gboolean demonstration = arguments_flag(arguments, "demonstration"), json;
	g_autoptr(Root) root = NULL;
	g_autoptr(MachineVms) vms = NULL;
	g_autoptr(GPtrArray) breaches = NULL;
	g_autofree char *text = NULL;

	if (arguments_flag(arguments, "vcpus") || arguments_flag(arguments, "node")) {
		lathe_error(error, LATHE_ERROR_USAGE,
			    "--vcpus and --node do not go with --vm and --config: the config says them");
		return -1;
	}
	if (!machine_json_wanted(arguments, &json, error))
		return -1;
	root = machine_root(arguments, error);
	vms = root ? machine_vms_open(arguments, root, demonstration, error) : NULL;
	if (!vms)
		return -1;
	machine_vms_ask(vms, context);
	breaches = vm_rules_check(&vms->scene);
	text = json ? plan_vms_json(vms, breaches) : plan_vms_text(vms, breaches);
	fputs(text, stdout);
	return demonstration ? 0 : breaches_status(breaches);
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	g_autoptr(Root) root = NULL;
	g_autoptr(Topology) topology = NULL;
	g_autofree char *text = NULL;
	Wanted wanted;

	if (machine_vms_given(arguments))
		return plan_vms(context, arguments, error);
	if (!parse(arguments, &wanted, error))
		return -1;
	root = machine_root(arguments, error);
	topology = root ? topology_read(root, error) : NULL;
	if (!topology)
		return -1;
	text = wanted.demonstration ? demonstrate(topology, &wanted, error)
				    : propose(topology, &wanted, error);
	if (!text)
		return -1;
	fputs(text, stdout);
	return 0;
}

const Command command_plan = {
	.name = "plan",
	.summary = "propose CPUs and kernel command lines for a real-time VM",
	.arguments = "",
	.description =
		"By the rules of the KVM-RT guide: the highest cores of one NUMA node, counting\n"
		"down; never the first core of a socket; whole cores, of which one thread is used\n"
		"and the others go offline; one CPU more than vCPUs, for the rest of QEMU. Prints\n"
		"the command lines of host and guest that go with it. Nothing is changed.\n"
		"\n"
		"With --vm, or --config, the VMs are those of a config (`lathe vm`).\n"
		"\n"
		"Exit status: 0 done; 1 could not do it; with --vm also 2 a rule is broken, 3 one\n"
		"could not be looked at.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
