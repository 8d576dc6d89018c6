/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan_vms.h"

#include "columns.h"
#include "escape.h"
#include "plan_text.h"
#include "vm_breaches.h"
#include "vm_map.h"

GArray *plan_vms_parameters(const MachineVms *vms)
{
	Cpuset isolated = {0}, housekeeping = vms->topology->online;
	Cpuset offline = vm_layouts_offline(vms->layouts);

	for (guint i = 0; i < vms->layouts->len; i++) {
		const VmLayout *layout = vms->layouts->pdata[i];

		for (guint v = 0; layout->vm->rt && v < layout->n_vcpus; v++)
			cpuset_union(&isolated, &layout->vcpus[v]);
	}
	if (cpuset_next(&isolated, 0) < 0)
		return NULL;
	/* As in a proposal: a vCPU's core is its own, with the threads that go offline. */
	isolated = topology_siblings(vms->topology, &isolated);
	cpuset_subtract(&housekeeping, &isolated);
	cpuset_subtract(&housekeeping, &offline);
	return host_parameters(&isolated, &housekeeping);
}

/* "1 (shares the CPU)": of a layout, which is there where no plan can be made. */
static char *role_of(const VmLayout *layout, guint vcpu)
{
	g_autofree char *policy = vm_policy_text(layout->priorities[vcpu]);

	return g_strdup_printf("vCPU %u, %s%s%s", vcpu,
			       cpuset_contains(&layout->guest_rt, vcpu)
				       ? "real-time, "
				       : layout->vm->rt ? "guest housekeeping, " : "",
			       policy, layout->shares[vcpu] ? " (shares the CPU)" : "");
}

static char *carries(const VmLayout *layout, guint cpu)
{
	GString *text = g_string_new(NULL);

	if (cpuset_contains(&layout->emulator, cpu))
		g_string_append(text, "QEMU's main thread, workers and IOThreads");
	for (guint i = 0; i < layout->n_vcpus; i++) {
		g_autofree char *role = role_of(layout, i);

		if (cpuset_contains(&layout->vcpus[i], cpu))
			g_string_append_printf(text, "%s%s", text->len ? "; " : "", role);
	}
	return g_string_free(text, FALSE);
}

static char *number_text(int number)
{
	return number == TOPOLOGY_UNKNOWN ? g_strdup("?") : g_strdup_printf("%d", number);
}

static void add_cpu(Columns *columns, const VmLayout *layout, const Topology *topology, guint cpu)
{
	const TopologyCpu *at = topology_cpu(topology, cpu);
	g_autofree char *number = g_strdup_printf("%u", cpu);
	g_autofree char *core =
		number_text(at && at->core ? at->core->number : TOPOLOGY_UNKNOWN);
	g_autofree char *socket =
		number_text(at && at->package ? at->package->number : TOPOLOGY_UNKNOWN);
	Cpuset siblings = {0};
	g_autofree char *offline = NULL;
	g_autofree char *what = carries(layout, cpu);

	if (at && at->core)
		siblings = cpuset_common(&at->core->cpus, &layout->offline);
	offline = cpulist_format(&siblings);
	columns_row(columns, number, core, socket, *offline ? offline : "-", what);
}

static void add_cpus(GString *text, const VmLayout *layout, const Topology *topology)
{
	g_autoptr(Columns) columns = columns_new(5, 40);

	if (!layout->bound) {
		g_string_append(text, "  Bound to no CPU: its threads run wherever the host lets them.\n");
		return;
	}
	columns_row(columns, "CPU", "core", "socket", "offline", "carries");
	CPUSET_FOREACH(cpu, &layout->cpuset)
		add_cpu(columns, layout, topology, (guint)cpu);
	columns_append(columns, text);
	g_string_append_c(text, '\n');
}

static void add_sets(GString *text, const VmLayout *layout)
{
	if (!layout->bound)
		return;
	plan_append_set(text, "  cpuset        ", &layout->vm->cpuset,
			": the first CPU carries what runs no vCPU");
	if (layout->vm->rt) {
		plan_append_set(text, "  owned         ", &layout->owned,
				": with the threads that share a core with it");
		plan_append_set(text, "  take offline  ", &layout->offline, ": while the VM runs");
	}
	if (cpuset_next(&layout->nodes, 0) >= 0)
		plan_append_set(text, "  memory        ", &layout->nodes,
				layout->lock_memory ? ": NUMA nodes, strict; locked"
						    : ": NUMA nodes, strict");
	else
		plan_append_wrapped(text, "  memory        ",
				    layout->lock_memory ? "from any NUMA node; locked"
							: "from any NUMA node");
}

static Plan *plan_of(const MachineVms *vms, const VmLayout *layout, GError **error)
{
	return vm_layout_plan(layout, vms->layouts, &vms->topology->online, error);
}

/* A guest whose vCPUs are all real-time has none that isolation could leave things to. */
char *plan_vms_guest(const VmLayout *layout, const Plan *plan)
{
	if (!plan || !layout->vm->rt || cpuset_next(&layout->guest_housekeeping, 0) < 0)
		return NULL;
	return plan_guest_cmdline(plan);
}

static void add_vm(GString *text, const MachineVms *vms, const VmLayout *layout)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Plan) plan = plan_of(vms, layout, &error);
	g_autofree char *name = escape_text(layout->vm->name, -1);
	g_autofree char *nodes = cpulist_format(&layout->cpu_nodes);
	g_autofree char *guest = plan_vms_guest(layout, plan);

	g_string_append_printf(text, "%s%s: %u vCPU%s%s%s\n\n", name,
			       layout->vm->rt ? ", real-time" : "", layout->n_vcpus,
			       layout->n_vcpus == 1 ? "" : "s", *nodes ? " on NUMA node " : "", nodes);
	add_cpus(text, layout, vms->topology);
	add_sets(text, layout);
	if (plan)
		plan_append_set(text, "  housekeeping  ", &plan->housekeeping,
				": the host, its interrupts, loads");
	else
		plan_append_wrapped(text, "  not possible  ", error->message);
	if (guest) {
		g_string_append(text, "\n  Guest kernel command line\n");
		plan_append_wrapped(text, "    ", guest);
	}
	g_string_append_c(text, '\n');
}

char *plan_vms_text(const MachineVms *vms, const GPtrArray *breaches)
{
	GString *text = g_string_new(NULL);
	g_autoptr(GArray) parameters = plan_vms_parameters(vms);
	g_autofree char *rules = breaches_text(breaches, vms->configs->path);
	g_autofree char *summary = breaches_summary(breaches);
	g_autofree char *note = machine_vms_note(vms);

	for (guint i = 0; i < vms->selected->len; i++)
		add_vm(text, vms, vm_layout_find(vms->layouts, vms->selected->pdata[i]));
	g_string_append_printf(text, "Rules of all VMs: %s\n%s\n%s", summary, note, rules);
	if (parameters)
		plan_append_parameters(text, parameters);
	return g_string_free(text, FALSE);
}
