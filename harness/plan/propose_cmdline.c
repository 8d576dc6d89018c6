/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "propose.h"

/* What a parameter is about; its list of CPUs follows the text. */
typedef enum { NO_CPUS, ISOLATED, HOUSEKEEPING } Which;

/* Documentation/admin-guide/kernel-parameters.txt has all of them. */
static const struct {
	const char *text;
	Which cpus;
	const char *why;
} parameters[] = {
	{"isolcpus=managed_irq,domain,", ISOLATED,
	 "the scheduler puts nothing on the vCPUs' CPUs and their threads, managed interrupts "
	 "stay away; without domain the flags form isolates nothing"},
	{"nohz_full=", ISOLATED, "no tick while a vCPU is the only thread on its CPU"},
	{"rcu_nocbs=", ISOLATED, "RCU callbacks run on other CPUs"},
	{"rcu_nocb_poll", NO_CPUS, "the threads that run them poll: no vCPU's CPU wakes them"},
	{"irqaffinity=", HOUSEKEEPING,
	 "interrupts go to the host's CPUs and the emulator's from the start"},
	{"skew_tick=1", NO_CPUS, "ticks of different CPUs do not meet on the same locks"},
	{"nosoftlockup", NO_CPUS, "no watchdog thread on every CPU"},
	{"nmi_watchdog=0", NO_CPUS, "no watchdog NMI on every CPU"},
	{"intel_idle.max_cstate=0", NO_CPUS, "idle states are left to the next parameter"},
	{"processor.max_cstate=1", NO_CPUS, "no idle state that takes long to leave"},
	{"transparent_hugepage=never", NO_CPUS, "no khugepaged, no compaction behind the VM"},
};

static void clear_parameter(gpointer data)
{
	g_free(((ProposalParameter *)data)->text);
}

GArray *host_parameters(const Cpuset *isolated, const Cpuset *housekeeping)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(ProposalParameter));
	g_autofree char *isolated_list = cpulist_format(isolated);
	g_autofree char *housekeeping_list = cpulist_format(housekeeping);
	const char *const cpus[] = {[NO_CPUS] = "",
				    [ISOLATED] = isolated_list,
				    [HOUSEKEEPING] = housekeeping_list};

	g_array_set_clear_func(list, clear_parameter);
	for (gsize i = 0; i < G_N_ELEMENTS(parameters); i++) {
		ProposalParameter parameter = {
			.text = g_strconcat(parameters[i].text, cpus[parameters[i].cpus], NULL),
			.why = parameters[i].why,
		};

		g_array_append_val(list, parameter);
	}
	return list;
}

GArray *proposal_host_parameters(const Proposal *proposal)
{
	return host_parameters(&proposal->isolated, &proposal->housekeeping);
}

char *host_parameters_line(const GArray *list)
{
	GString *line = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++)
		g_string_append_printf(line, "%s%s", i ? " " : "",
				       g_array_index(list, ProposalParameter, i).text);
	return g_string_free(line, FALSE);
}

char *proposal_host_cmdline(const Proposal *proposal)
{
	g_autoptr(GArray) list = proposal_host_parameters(proposal);

	return host_parameters_line(list);
}
