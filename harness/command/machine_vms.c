/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine_vms.h"

#include "error.h"
#include "escape.h"
#include "fleet_host.h"

gboolean machine_vms_given(const Arguments *arguments)
{
	return arguments_flag(arguments, "vm") || arguments_flag(arguments, "config");
}

MachineVms *machine_vms_open(const Arguments *arguments, const Root *root,
			     gboolean demonstration, GError **error)
{
	const char *path = arguments_value(arguments, "config");
	g_autoptr(MachineVms) vms = g_new0(MachineVms, 1);

	vms->configs = vm_configs_read(path ? path : MACHINE_VMS_CONFIG, error);
	if (!vms->configs)
		return NULL;
	vms->selected = vm_configs_select(vms->configs, arguments_values(arguments, "vm"), error);
	if (!vms->selected)
		return NULL;
	vms->topology = topology_read(root, error);
	if (!vms->topology)
		return NULL;
	vms->layouts = vm_layouts_new(vms->configs, vms->topology, demonstration);
	vms->scene = (RuleScene){vms->configs, vms->layouts, vms->topology, root, NULL};
	return g_steal_pointer(&vms);
}

void machine_vms_free(MachineVms *vms)
{
	if (!vms)
		return;
	g_clear_pointer(&vms->layouts, g_ptr_array_unref);
	g_clear_pointer(&vms->selected, g_ptr_array_unref);
	g_clear_pointer(&vms->topology, topology_free);
	g_clear_pointer(&vms->configs, vm_configs_free);
	g_free(vms->facts);
	g_free(vms->unasked);
	g_free(vms);
}

static VmDomainFacts *ask(const MachineVms *vms, const CommandContext *context, GError **error)
{
	g_autoptr(Hypervisor) hypervisor = NULL;
	g_autoptr(FleetHost) host = NULL;

	hypervisor_init();
	hypervisor = fleet_connect(context->state, "qemu:///system", TRUE, TRUE, error);
	host = hypervisor ? fleet_host_new(hypervisor, vms->scene.root, error) : NULL;
	return host ? fleet_host_facts(host, vms->configs, error) : NULL;
}

void machine_vms_ask(MachineVms *vms, const CommandContext *context)
{
	g_autoptr(GError) error = NULL;

	if (!root_is_live(vms->scene.root)) {
		vms->unasked = g_strdup("the machine is a captured one");
		return;
	}
	vms->facts = ask(vms, context, &error);
	vms->scene.domains = vms->facts;
	if (!vms->facts)
		vms->unasked = escape_text(error->message, -1);
}

char *machine_vms_note(const MachineVms *vms)
{
	g_autofree char *path = escape_text(vms->configs->path, -1);
	guint count = vms->configs->vms->len;

	return g_strdup_printf("%u VM%s %s configured in %s; libvirt was %s%s.", count,
			       count == 1 ? "" : "s", count == 1 ? "is" : "are", path,
			       vms->facts ? "asked" : "not asked: ", vms->facts ? "" : vms->unasked);
}

Cpuset machine_vms_vcpu_cpus(const MachineVms *vms)
{
	Cpuset cpus = {0};

	for (guint i = 0; i < vms->selected->len; i++) {
		const VmLayout *layout = vm_layout_find(vms->layouts, vms->selected->pdata[i]);

		for (guint v = 0; layout->vm->rt && v < layout->n_vcpus; v++)
			cpuset_union(&cpus, &layout->vcpus[v]);
	}
	return cpus;
}

static gboolean cpus_of_vms(const Arguments *arguments, const Root *root, Cpuset *ret,
			    GError **error)
{
	g_autoptr(MachineVms) vms = machine_vms_open(arguments, root, FALSE, error);
	Cpuset cpus;

	if (!vms)
		return FALSE;
	cpus = machine_vms_vcpu_cpus(vms);
	if (cpuset_next(&cpus, 0) < 0) {
		lathe_error(error, LATHE_ERROR_USAGE, "no real-time VM with a cpuset is among those: "
			    "there is no CPU to look at");
		lathe_error_hint(error, "`lathe vm show-config` shows which VMs are real-time");
		return FALSE;
	}
	*ret = cpus;
	return TRUE;
}

gboolean machine_cpus(const Arguments *arguments, const Root *root, Cpuset *ret,
		      gboolean *ret_given, GError **error)
{
	const char *list = arguments_value(arguments, "cpus");

	*ret_given = list || machine_vms_given(arguments);
	if (list && machine_vms_given(arguments))
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "--cpus does not go with --vm and --config, which say the CPUs");
	if (list && !cpulist_parse(list, CPUSET_CPUS, ret, error)) {
		g_prefix_error(error, "--cpus: ");
		return FALSE;
	}
	return list || !*ret_given || cpus_of_vms(arguments, root, ret, error);
}
