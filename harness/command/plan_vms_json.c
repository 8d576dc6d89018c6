/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <jansson.h>

#include "plan_text.h"
#include "plan_vms.h"
#include "vm_breaches.h"

static json_t *vcpus_json(const VmLayout *layout)
{
	json_t *list = json_array();

	for (guint i = 0; i < layout->n_vcpus; i++)
		json_array_append_new(
			list,
			json_pack("{s:I, s:o, s:b, s:b, s:I}", "vcpu", (json_int_t)i, "cpus",
				  plan_set_json(&layout->vcpus[i]), "rt",
				  (int)cpuset_contains(&layout->guest_rt, i), "shares",
				  (int)layout->shares[i], "fifo_priority",
				  (json_int_t)layout->priorities[i]));
	return list;
}

static json_t *vm_json(const MachineVms *vms, const VmLayout *layout)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Plan) plan =
		vm_layout_plan(layout, vms->layouts, &vms->topology->online, &error);
	g_autofree char *guest = plan_vms_guest(layout, plan);
	g_autofree char *name = g_utf8_make_valid(layout->vm->name, -1);

	return json_pack(
		"{s:s, s:s, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:b, s:o, s:s?, s:s?}",
		"uuid", layout->vm->uuid, "name", name, "rt", (int)layout->vm->rt, "bound",
		(int)layout->bound, "cpuset", plan_set_json(&layout->vm->cpuset), "used",
		plan_set_json(&layout->cpuset), "owned", plan_set_json(&layout->owned), "offline",
		plan_set_json(&layout->offline), "emulator", plan_set_json(&layout->emulator),
		"emulator_priority", (json_int_t)layout->emulator_priority, "vcpus",
		vcpus_json(layout), "nodes", plan_set_json(&layout->nodes), "memory_locked",
		(int)layout->lock_memory, "housekeeping",
		plan ? plan_set_json(&plan->housekeeping) : json_null(), "not_possible",
		plan ? NULL : error->message, "guest_cmdline", guest);
}

char *plan_vms_json(const MachineVms *vms, const GPtrArray *breaches)
{
	g_autoptr(GArray) parameters = plan_vms_parameters(vms);
	g_autofree char *line = parameters ? host_parameters_line(parameters) : NULL;
	g_autofree char *path = g_utf8_make_valid(vms->configs->path, -1);
	json_t *list = json_array();

	for (guint i = 0; i < vms->selected->len; i++)
		json_array_append_new(list,
				      vm_json(vms, vm_layout_find(vms->layouts,
								  vms->selected->pdata[i])));
	return plan_dump_json(json_pack(
		"{s:s, s:s, s:s?, s:o, s:o, s:s?, s:o}", "kind", "vms", "config", path,
		"libvirt_unasked", vms->unasked, "vms", list,
		"breaches", breaches_json(breaches), "host_cmdline", line, "host_parameters",
		parameters ? plan_parameters_json(parameters) : json_array()));
}
