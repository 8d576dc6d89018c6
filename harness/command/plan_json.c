/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan_text.h"

#include <jansson.h>

#include "cpulist.h"

json_t *plan_set_json(const Cpuset *set)
{
	g_autofree char *list = cpulist_format(set);

	return json_string(list);
}

static json_t *strings_json(const GPtrArray *strings)
{
	json_t *list = json_array();

	for (guint i = 0; i < strings->len; i++)
		json_array_append_new(list, json_string(strings->pdata[i]));
	return list;
}

static json_t *vcpus_json(const Plan *plan)
{
	json_t *list = json_array();

	for (guint i = 0; i < plan->n_vcpus; i++) {
		const PlanVcpu *vcpu = &plan->vcpus[i];

		json_array_append_new(
			list, json_pack("{s:I, s:I, s:b, s:b, s:I}", "vcpu", (json_int_t)i, "cpu",
					(json_int_t)vcpu->cpu, "rt", vcpu->rt, "shares",
					vcpu->shares, "fifo_priority",
					(json_int_t)vcpu->fifo_priority));
	}
	return list;
}

json_t *plan_parameters_json(const GArray *parameters)
{
	json_t *list = json_array();

	for (guint i = 0; i < parameters->len; i++) {
		const ProposalParameter *at = &g_array_index(parameters, ProposalParameter, i);

		json_array_append_new(list, json_pack("{s:s, s:s}", "parameter", at->text, "why",
						      at->why));
	}
	return list;
}

char *plan_dump_json(json_t *document)
{
	g_autofree char *text = json_dumps(document, JSON_INDENT(2));

	json_decref(document);
	return g_strconcat(text, "\n", NULL);
}

char *proposal_json(const Proposal *proposal, const Plan *plan)
{
	g_autofree char *guest = plan_guest_cmdline(plan);
	g_autofree char *host = proposal_host_cmdline(proposal);
	g_autoptr(GArray) parameters = proposal_host_parameters(proposal);

	return plan_dump_json(json_pack(
		"{s:s, s:I, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:s}", "kind",
		"proposal", "node", (json_int_t)proposal->node, "cpuset",
		plan_set_json(&proposal->cpuset), "emulator_cpu", (json_int_t)proposal->emulator,
		"vcpus", vcpus_json(plan), "isolated", plan_set_json(&proposal->isolated), "offline",
		plan_set_json(&proposal->offline), "housekeeping", plan_set_json(&proposal->housekeeping),
		"kept", plan_set_json(&proposal->kept), "notes", strings_json(proposal->notes),
		"host_cmdline", host, "host_parameters", plan_parameters_json(parameters), "guest_cmdline",
		guest));
}

char *plan_json(const Plan *plan)
{
	g_autofree char *guest = plan_guest_cmdline(plan);

	return plan_dump_json(json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:s}", "kind", "plan",
			      "demonstration", plan->demonstration, "broken",
			      strings_json(plan->broken), "vcpus", vcpus_json(plan),
			      "housekeeping", plan_set_json(&plan->housekeeping), "emulator",
			      plan_set_json(&plan->emulator), "iothread", plan_set_json(&plan->iothread),
			      "guest_cmdline", guest));
}
