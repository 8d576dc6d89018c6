/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network queues and the softirqs that serve them: where they may go. */
#include "irq_judge.h"
#include "planned.h"
#include "rows.h"
#include "view.h"
#include "set.h"
#include "want.h"

#define BOTH (SCOPE_HOST | SCOPE_GUEST)

static const char *const reads_queues[] = {"sys/class/net/*/queues/",
					   "sys/class/net/*/queues/*/",
					   "sys/class/net/*/device/uevent", NULL};

/* clang-format off */
const Knob knob_rows_network[] = {
	{
		.id	= "network.queues",
		.title	= "No network card has more queues than there are housekeeping "
			  "CPUs",
		.why	= "A queue more than that has an interrupt that ends on a "
			  "planned CPU",
		.source	= "tuned realtime (net channels); OpenShift node tuning "
			  "operator",
		.remedy	= "ethtool -L NIC combined NUMBER_OF_HOUSEKEEPING_CPUS",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= irq_judge_nic_queues,
		.reads	= reads_queues,
		.change	= irq_change_nic_queues, .refusable = TRUE,
		.disruption = "the card is set up anew: its link is down for a moment, or for "
			      "seconds, twice: now and when it is put back; less throughput "
			      "in between",
	},
	{
		.id	= "network.rps_default_mask",
		.title	= "New network devices hand packets to housekeeping CPUs only",
		.why	= "Packets of devices that are made later (tap, veth) are "
			  "otherwise handled where they were sent",
		.source	= "OpenShift node tuning operator; "
			  "Documentation/admin-guide/sysctl/net.rst",
		.remedy	= "sysctl net.core.rps_default_mask=MASK_OF_HOUSEKEEPING_CPUS",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "proc/sys/net/core/rps_default_mask",
		.want	= planned_want_mask_spares,
		.text	= "housekeeping CPUs, or 0",
		.absent	= ABSENT_NA,
		.absent_means = "this kernel has no default mask",
		.set	= set_mask_without_planned,
	},
	{
		.id	= "network.rps_cpus",
		.title	= "No receive queue hands packets to a planned CPU",
		.why	= "Receive packet steering sends an IPI to the CPU that it "
			  "picks, and the whole network stack runs there",
		.source	= "OpenShift node tuning operator; "
			  "Documentation/networking/scaling.rst",
		.remedy	= "echo MASK_OF_HOUSEKEEPING_CPUS > "
			  "/sys/class/net/NIC/queues/rx-N/rps_cpus",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/class/net/*/queues/rx-*/rps_cpus",
		.want	= planned_want_mask_spares,
		.text	= "housekeeping CPUs, or 0",
		.absent	= ABSENT_NA,
		.absent_means = "no device has receive queues that can be steered",
		.set	= set_mask_without_planned,
		.disruption = "fewer CPUs handle received packets",
	},
	{
		.id	= "network.xps_cpus",
		.title	= "No transmit queue is meant for a planned CPU",
		.why	= "Completions of what such a queue sends come back to the CPU "
			  "of its interrupt",
		.source	= "OpenShift node tuning operator; "
			  "Documentation/networking/scaling.rst",
		.remedy	= "echo MASK_OF_HOUSEKEEPING_CPUS > "
			  "/sys/class/net/NIC/queues/tx-N/xps_cpus",
		.scopes	= BOTH,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/class/net/*/queues/tx-*/xps_cpus",
		.want	= planned_want_mask_spares,
		.text	= "housekeeping CPUs, or 0",
		.absent	= ABSENT_NA,
		.absent_means = "the device has a single transmit queue",
		.set	= set_mask_without_planned,
		.disruption = "fewer CPUs send packets",
	},
	{
		.id	= "network.rfs",
		.title	= "Packets do not follow the program that reads them",
		.why	= "Receive flow steering runs the network stack on the CPU of "
			  "the reader, planned or not",
		.source	= "Documentation/networking/scaling.rst",
		.remedy	= "sysctl net.core.rps_sock_flow_entries=0",
		.scopes	= BOTH,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "proc/sys/net/core/rps_sock_flow_entries",
		.want	= want_number,
		.text	= "0",
		.absent	= ABSENT_NA,
		.absent_means = "this kernel steers no flows",
		.set	= set_text,
		.disruption = "received packets are handled away from the program that waits "
			      "for them",
	},
	{
		.id	= "network.softirq_rate",
		.title	= "Few softirqs run on planned CPUs",
		.why	= "What counts is the rate while the VM runs, below 1,000 a "
			  "second: lathe validate-host --watch N shows it",
		.source	= "seeker cpu-rtcheck",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_NEVER,
		.place	= PLACE_EXPLAIN,
	},
	{NULL},
};
/* clang-format on */
