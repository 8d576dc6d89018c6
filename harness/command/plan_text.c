/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan_text.h"

#include "cpulist.h"

#define TEXT_WIDTH 98

void plan_append_wrapped(GString *text, const char *lead, const char *words)
{
	g_auto(GStrv) parts = g_strsplit(words, " ", -1);
	int indent = (int)g_utf8_strlen(lead, -1);
	gsize column = (gsize)indent;

	g_string_append(text, lead);
	for (char **part = parts; *part; part++) {
		gsize length = (gsize)g_utf8_strlen(*part, -1);

		if (part > parts && column + 1 + length > TEXT_WIDTH) {
			g_string_append_printf(text, "\n%*s", indent, "");
			column = (gsize)indent;
		} else if (part > parts) {
			g_string_append_c(text, ' ');
			column++;
		}
		g_string_append(text, *part);
		column += length;
	}
	g_string_append_c(text, '\n');
}

void plan_append_set(GString *text, const char *lead, const Cpuset *set, const char *what)
{
	g_autofree char *list = cpulist_format(set);
	g_autofree char *words = *list ? g_strconcat(list, what, NULL) : g_strdup("none");

	plan_append_wrapped(text, lead, words);
}

static char *vcpu_role(const Plan *plan, guint vcpu)
{
	const PlanVcpu *at = &plan->vcpus[vcpu];

	if (!at->rt)
		return g_strdup_printf("vCPU %u, guest housekeeping%s", vcpu,
				       at->shares ? " (shares the CPU)" : "");
	return at->fifo_priority
		       ? g_strdup_printf("vCPU %u, real-time, SCHED_FIFO %u", vcpu,
					 at->fifo_priority)
		       : g_strdup_printf("vCPU %u, real-time, SCHED_OTHER (shares the CPU)", vcpu);
}

static char *number_text(int number)
{
	return number == TOPOLOGY_UNKNOWN ? g_strdup("?") : g_strdup_printf("%d", number);
}

static void add_row(GString *text, const Topology *topology, guint cpu, const char *carries)
{
	const TopologyCpu *at = topology_cpu(topology, cpu);
	g_autofree char *core = number_text(at->core->number);
	g_autofree char *socket =
		number_text(at->package ? at->package->number : TOPOLOGY_UNKNOWN);
	g_autofree char *threads = NULL;
	Cpuset others = at->core->cpus;

	cpuset_remove(&others, cpu);
	threads = cpulist_format(&others);
	g_string_append_printf(text, "  %4u  %4s  %6s  %-7s  %s\n", cpu, core, socket,
			       *threads ? threads : "-", carries);
}

static void add_rows(GString *text, const Proposal *proposal, const Plan *plan,
		     const Topology *topology)
{
	g_string_append(text, "   CPU  core  socket  offline  carries\n");
	add_row(text, topology, proposal->emulator,
		"QEMU's main thread, workers and IOThreads");
	for (guint i = 0; i < plan->n_vcpus; i++) {
		g_autofree char *role = vcpu_role(plan, i);

		add_row(text, topology, plan->vcpus[i].cpu, role);
	}
}

static void add_sets(GString *text, const Proposal *proposal)
{
	plan_append_set(text, "  cpuset        ", &proposal->cpuset,
		   ": one CPU a core, the highest cores of the node; as cpuset of the KVM-RT guide");
	plan_append_set(text, "  isolated      ", &proposal->isolated,
		   ": the vCPUs' cores, with the threads that go offline, so that nothing settles "
		   "there before");
	plan_append_set(text, "  take offline  ", &proposal->offline,
		   ": threads that share a core with a CPU of the cpuset "
		   "(sys/devices/system/cpu/cpuN/online)");
	plan_append_set(text, "  housekeeping  ", &proposal->housekeeping,
		   ": the host, interrupts, and the emulator's CPU: 'lathe run' lets QEMU's other "
		   "threads use all of these, and runs its loads there");
	plan_append_set(text, "  never given   ", &proposal->kept,
		   ": the first core of each socket, where interrupts land that cannot be moved");
}

void plan_append_parameters(GString *text, const GArray *list)
{
	g_autofree char *line = host_parameters_line(list);

	g_string_append(text, "\nHost kernel command line\n");
	plan_append_wrapped(text, "  ", line);
	g_string_append_c(text, '\n');
	for (guint i = 0; i < list->len; i++) {
		const ProposalParameter *parameter = &g_array_index(list, ProposalParameter, i);

		g_string_append_printf(text, "  %s\n", parameter->text);
		plan_append_wrapped(text, "      ", parameter->why);
	}
}

static void add_guest_cmdline(GString *text, const Plan *plan)
{
	g_autofree char *line = plan_guest_cmdline(plan);

	g_string_append(text, "\nGuest kernel command line\n");
	plan_append_wrapped(text, "  ", line);
}

char *proposal_text(const Proposal *proposal, const Plan *plan, const Topology *topology)
{
	GString *text = g_string_new(NULL);
	g_autofree char *cpus = cpulist_format(&proposal->vcpu_cpus);
	g_autoptr(GArray) parameters = proposal_host_parameters(proposal);

	g_string_append_printf(text, "%u vCPUs on NUMA node %u\n\n", proposal->n_vcpus,
			       proposal->node);
	add_rows(text, proposal, plan, topology);
	g_string_append_c(text, '\n');
	add_sets(text, proposal);
	g_string_append_printf(text, "  memory        node %u, strict\n", proposal->node);
	if (proposal->notes->len)
		g_string_append(text, "\nNotes\n");
	for (guint i = 0; i < proposal->notes->len; i++)
		plan_append_wrapped(text, "  - ", proposal->notes->pdata[i]);
	plan_append_parameters(text, parameters);
	add_guest_cmdline(text, plan);
	g_string_append_printf(text, "\nThen\n  lathe run virt-rt --cpus %s --set vcpus=%u\n", cpus,
			       proposal->n_vcpus);
	return g_string_free(text, FALSE);
}

char *plan_text(const Plan *plan)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "What 'lathe run' would do with %u vCPUs on the machine as it "
			       "is%s\n\n   CPU  carries\n", plan->n_vcpus,
			       plan->demonstration ? ": a demonstration, not a qualification" : "");
	for (guint i = 0; i < plan->n_vcpus; i++) {
		g_autofree char *role = vcpu_role(plan, i);

		g_string_append_printf(text, "  %4u  %s\n", plan->vcpus[i].cpu, role);
	}
	g_string_append_c(text, '\n');
	plan_append_set(text, "  housekeeping  ", &plan->housekeeping, ": the host, loads");
	plan_append_set(text, "  emulator      ", &plan->emulator, "");
	plan_append_set(text, "  IOThreads     ", &plan->iothread, "");
	if (plan->broken->len)
		g_string_append(text, "\nRules it breaks\n");
	for (guint i = 0; i < plan->broken->len; i++)
		plan_append_wrapped(text, "  - ", plan->broken->pdata[i]);
	add_guest_cmdline(text, plan);
	return g_string_free(text, FALSE);
}
