/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the VM's threads were meant to be: <cputune>, which needs more than one element to be
 * judged. Its memory and cache are in pinning_memory.c.
 */
#include "domain_values.h"
#include "judge.h"
#include "number.h"
#include "planned.h"
#include "rows.h"
#include "want.h"

static const char *const domain_file[] = {"domain-live.xml", NULL};

static gboolean single_cpu(const char *list, Cpuset *ret)
{
	return cpulist_parse(list, CPUSET_CPUS, ret, NULL) && cpuset_count(ret) == 1;
}

/* Of two pins of one vCPU only one counts. */
static guint distinct_vcpus(KnobView *view)
{
	int errnum = 0;
	g_autoptr(GPtrArray) names =
		domain_values(view, "/domain/cputune/vcpupin/@vcpu", &errnum);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; names && i < names->len; i++)
		g_hash_table_add(seen, names->pdata[i]);
	return g_hash_table_size(seen);
}

static void judge_vcpupin(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(GPtrArray) pins =
		domain_values_or_unknown(knob, view, finding, "/domain/cputune/vcpupin/@cpuset");
	g_autoptr(GPtrArray) count =
		pins ? domain_values_or_unknown(knob, view, finding, "/domain/vcpu") : NULL;
	guint64 n_vcpus;
	guint n_pinned;

	if (!count)
		return;
	if (count->len != 1 || !number_parse(count->pdata[0], 1, 4096, &n_vcpus, NULL)) {
		knob_conclude(knob, finding, MATCH_ODD, "/domain/vcpu is no number of vCPUs");
		return;
	}
	for (guint i = 0; i < pins->len; i++) {
		Cpuset cpu;

		finding_add_evidence(finding, g_strdup_printf("vcpupin %u", i),
				     g_strdup(pins->pdata[i]), g_strdup("one CPU"));
		if (!single_cpu(pins->pdata[i], &cpu)) {
			knob_conclude(knob, finding, MATCH_BROKEN,
				      "a vCPU is pinned to '%s', not to one CPU",
				      (char *)pins->pdata[i]);
			return;
		}
	}
	n_pinned = distinct_vcpus(view);
	if (n_pinned != n_vcpus)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "%u of %" G_GUINT64_FORMAT " vCPUs are pinned", n_pinned, n_vcpus);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

/* The vCPUs that <vcpusched> makes real-time: numbers as a cpulist, several elements. */
static gboolean rt_vcpus(const Knob *knob, KnobView *view, Finding *finding, Cpuset *ret)
{
	g_autoptr(GPtrArray) lists = domain_values_or_unknown(
		knob, view, finding,
		"/domain/cputune/vcpusched[@scheduler='fifo' or @scheduler='rr']/@vcpus");

	*ret = (Cpuset){0};
	if (!lists)
		return FALSE;
	for (guint i = 0; i < lists->len; i++) {
		Cpuset some;

		if (!cpulist_parse(lists->pdata[i], CPUSET_CPUS, &some, NULL)) {
			knob_conclude(knob, finding, MATCH_ODD, "vcpusched vcpus='%s'",
				      (char *)lists->pdata[i]);
			return FALSE;
		}
		cpuset_union(ret, &some);
	}
	return TRUE;
}

/* The vCPUs that are pinned to nothing but planned CPUs, without vCPU 0, which keeps house in
 * the guest. */
static gboolean vcpus_of_planned(const Knob *knob, KnobView *view, Finding *finding, Cpuset *ret)
{
	g_autoptr(GPtrArray) vcpus = domain_values_or_unknown(
		knob, view, finding, "/domain/cputune/vcpupin[@cpuset]/@vcpu");
	g_autoptr(GPtrArray) pins =
		vcpus ? domain_values_or_unknown(knob, view, finding,
						 "/domain/cputune/vcpupin[@vcpu]/@cpuset")
		      : NULL;

	*ret = (Cpuset){0};
	if (!pins)
		return FALSE;
	for (guint i = 0; i < vcpus->len && i < pins->len; i++) {
		guint64 vcpu;
		Cpuset cpus;

		if (number_parse(vcpus->pdata[i], 1, CPUSET_CPUS - 1, &vcpu, NULL) &&
		    cpulist_parse(pins->pdata[i], CPUSET_CPUS, &cpus, NULL) &&
		    cpuset_count(&cpus) > 0 && cpuset_is_subset(&cpus, knob_view_planned(view)))
			cpuset_add(ret, (guint)vcpu);
	}
	return TRUE;
}

static void judge_vcpusched(const Knob *knob, KnobView *view, Finding *finding)
{
	Cpuset rt, meant;
	g_autofree char *left_out = NULL;

	if (!rt_vcpus(knob, view, finding, &rt) ||
	    !vcpus_of_planned(knob, view, finding, &meant))
		return;
	cpuset_subtract(&meant, &rt);
	left_out = cpulist_format(&meant);
	finding_add_evidence(finding, g_strdup("/domain/cputune/vcpusched"),
			     cpulist_format(&rt), g_strdup("the real-time vCPUs"));
	if (cpuset_count(&rt) == 0)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "no vCPU has a real-time policy: any task of the host may preempt "
			      "the guest");
	else if (*left_out)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "vCPUs %s have CPUs of their own and no real-time policy", left_out);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

/* Each real-time vCPU's pin must be a CPU that the host isolates. */
static void judge_isolated(const Knob *knob, KnobView *view, Finding *finding)
{
	KnobView *host = knob_view_host(view);
	Cpuset rt, astray = {0};
	g_autofree char *list = NULL;

	if (!rt_vcpus(knob, view, finding, &rt))
		return;
	if (!host || !knob_view_isolated_known(host)) {
		knob_conclude(knob, finding, MATCH_ODD, "the host's isolated CPUs are not known");
		return;
	}
	if (cpuset_count(&rt) == 0) {
		knob_conclude(knob, finding, MATCH_IRRELEVANT, "no vCPU has a real-time policy");
		return;
	}
	CPUSET_FOREACH (vcpu, &rt) {
		g_autofree char *xpath = g_strdup_printf(
			"/domain/cputune/vcpupin[@vcpu='%d']/@cpuset", vcpu);
		g_autoptr(GPtrArray) pins = domain_values_or_unknown(knob, view, finding, xpath);
		Cpuset cpus;

		if (!pins)
			return;
		if (pins->len != 1 || !cpulist_parse(pins->pdata[0], CPUSET_CPUS, &cpus, NULL) ||
		    cpuset_count(&cpus) == 0 ||
		    !cpuset_is_subset(&cpus, knob_view_isolated(host)))
			cpuset_add(&astray, (guint)vcpu);
		finding_add_evidence(finding, g_strdup_printf("vcpupin vcpu='%d'", vcpu),
				     g_strdup(pins->len == 1 ? pins->pdata[0] : "not pinned"),
				     cpulist_format(knob_view_isolated(host)));
	}
	list = cpulist_format(&astray);
	if (*list)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "vCPUs %s are on CPUs that the host does not isolate", list);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

/* Cpulists that keep clear of the CPUs of vCPUs. `none` says what fewer than `least` mean. */
static void judge_clear(const Knob *knob, KnobView *view, Finding *finding, const char *xpath,
			guint least, const char *none)
{
	g_autoptr(GPtrArray) pins = domain_values_or_unknown(knob, view, finding, xpath);
	const Cpuset *planned = knob_view_planned(view);

	if (!pins)
		return;
	if (planned_missing(knob, view, finding))
		return;
	if (pins->len < least) {
		knob_conclude(knob, finding, MATCH_BROKEN, "%s", none);
		return;
	}
	for (guint i = 0; i < pins->len; i++) {
		Cpuset cpus;

		finding_add_evidence(finding, g_strdup(xpath), g_strdup(pins->pdata[i]), NULL);
		if (!cpulist_parse(pins->pdata[i], CPUSET_CPUS, &cpus, NULL) ||
		    cpuset_count(&cpus) == 0) {
			knob_conclude(knob, finding, MATCH_ODD, "%s holds '%s', no list of CPUs",
				      xpath, (char *)pins->pdata[i]);
			return;
		}
		if (cpuset_intersects(&cpus, planned)) {
			knob_conclude(knob, finding, MATCH_BROKEN,
				      "%s holds %s, with CPUs that are meant for vCPUs", xpath,
				      (char *)pins->pdata[i]);
			return;
		}
	}
	knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

static void judge_emulatorpin(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_clear(knob, view, finding, "/domain/cputune/emulatorpin/@cpuset", 1,
		    "there is no <emulatorpin>: QEMU's main thread may run anywhere");
}

static void judge_iothreadpin(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(GPtrArray) counts =
		domain_values_or_unknown(knob, view, finding, "/domain/iothreads");
	guint64 n_threads = 0;

	if (!counts)
		return;
	if (counts->len > 0 &&
	    (counts->len > 1 || !number_parse(counts->pdata[0], 0, 4096, &n_threads, NULL)))
		knob_conclude(knob, finding, MATCH_ODD, "/domain/iothreads is no number");
	else if (n_threads == 0)
		knob_conclude(knob, finding, MATCH_IRRELEVANT, "the VM has no IOThread");
	else
		judge_clear(knob, view, finding, "/domain/cputune/iothreadpin/@cpuset",
			    (guint)n_threads,
			    "not every IOThread has an <iothreadpin>: it may run anywhere");
}

/* RT vCPUs that took every CPU would leave none for QEMU, interrupts and the host. */
static void judge_host_left(const Knob *knob, KnobView *view, Finding *finding)
{
	KnobView *host = knob_view_host(view);
	g_autoptr(GPtrArray) pins =
		domain_values_or_unknown(knob, view, finding, "/domain/cputune/vcpupin/@cpuset");
	Cpuset left;

	if (!pins)
		return;
	if (!host || !knob_view_online_known(host)) {
		knob_conclude(knob, finding, MATCH_ODD, "the host's CPUs are not known");
		return;
	}
	if (pins->len == 0) {
		knob_conclude(knob, finding, MATCH_IRRELEVANT, "no vCPU is pinned");
		return;
	}
	left = *knob_view_online(host);
	for (guint i = 0; i < pins->len; i++) {
		Cpuset cpus;

		if (!cpulist_parse(pins->pdata[i], CPUSET_CPUS, &cpus, NULL)) {
			knob_conclude(knob, finding, MATCH_ODD, "vcpupin cpuset='%s'",
				      (char *)pins->pdata[i]);
			return;
		}
		cpuset_subtract(&left, &cpus);
	}
	finding_add_evidence(finding, g_strdup("online CPUs without a vCPU"),
			     cpulist_format(&left), g_strdup("one at least"));
	if (cpuset_count(&left) == 0)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "vCPUs take every CPU of the host: none is left for QEMU's other "
			      "threads, interrupts and the host");
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

/* clang-format off */
#define VM_ROW                                                                               \
	.scopes = SCOPE_VM, .when = WHEN_VM_RESTART, .place = PLACE_COMPUTED

const Knob knob_rows_pinning[] = {
	{
		.id	= "pinning.vcpupin",
		.title	= "Each vCPU is pinned to one CPU",
		.why	= "a vCPU that migrates between CPUs loses its caches, and may land on "
			  "another one's CPU",
		.source	= "ServoBox RT settings 7, 15; host and QEMU tuning notes; KVM-RT guide "
			  "(cpuset); libvirt kbase kvm-realtime",
		.remedy	= "add <vcpupin vcpu='N' cpuset='CPU'/> for each vCPU to <cputune>",
		VM_ROW, .severity = SEVERITY_FATAL,
		.judge	= judge_vcpupin, .reads = domain_file,
	},
	{
		.id	= "pinning.isolated",
		.title	= "Real-time vCPUs are pinned to CPUs that the host isolates",
		.why	= "a pin alone keeps the vCPU there, not the others away",
		.source	= "ServoBox RT settings 1, 7; Virt-RT guide 3.2.2; ACRN real-time tips "
			  "(do not share CPUs allocated to the RTVM)",
		.remedy	= "boot the host with isolcpus=managed_irq,domain,PLANNED_CPUS, or pin to those "
			  "that are isolated",
		VM_ROW, .severity = SEVERITY_FATAL,
		.judge	= judge_isolated, .reads = domain_file,
	},
	{
		.id	= "pinning.vcpusched",
		.title	= "Real-time vCPUs are asked to be SCHED_FIFO",
		.why	= "under SCHED_OTHER a vCPU waits for its turn like any other task",
		.source	= "ServoBox RT settings 17; host and QEMU tuning notes (chrt -f); libvirt "
			  "kbase kvm-realtime",
		.remedy	= "add <vcpusched vcpus='1-N' scheduler='fifo' priority='1'/> to <cputune>",
		VM_ROW, .severity = SEVERITY_HIGH,
		.judge	= judge_vcpusched, .reads = domain_file,
	},
	{
		.id	= "pinning.fifo_priority",
		.title	= "The real-time priority of vCPUs is one that somebody recommends",
		.why	= "above the kernel's own threads a busy vCPU starves them; below other "
			  "real-time tasks it waits",
		.source	= "ServoBox RT settings 17 (80); host and QEMU tuning notes (99); libvirt "
			  "kbase kvm-realtime and SEAPATH (1)",
		.remedy	= "set priority='1' (or 80) in <vcpusched>",
		.opinions = "ServoBox uses 80 and the tuning notes 99, above all but the kernel's "
			    "own; libvirt's guide and SEAPATH use 1, below every thread of the kernel "
			    "that must win; NI measured 1 better than 98",
		.sides	= "1|80|99",
		.scopes	= SCOPE_VM, .severity = SEVERITY_MEDIUM, .when = WHEN_VM_RESTART,
		.place	= PLACE_DOMAIN,
		.path	= "/domain/cputune/vcpusched[@scheduler='fifo']/@priority",
		.want	= want_one_of, .text = "1|80|99",
		.absent	= ABSENT_NA,
		.absent_means = "no vCPU is asked to be SCHED_FIFO",
	},
	{
		.id	= "pinning.host_left",
		.title	= "vCPUs leave CPUs to the host",
		.why	= "interrupts, QEMU's other threads and the host itself must run somewhere",
		.source	= "KVM-RT guide (the cpusets of all real-time VMs must not consume all host "
			  "CPUs); Virt-RT guide 3.2.2",
		.remedy	= "pin the vCPUs to fewer CPUs: `lathe plan` proposes which",
		VM_ROW, .severity = SEVERITY_FATAL,
		.judge	= judge_host_left, .reads = domain_file,
	},
	{
		.id	= "pinning.emulatorpin",
		.title	= "QEMU's main thread is pinned off the CPUs of vCPUs",
		.why	= "device emulation and monitor commands would run on a vCPU's CPU",
		.source	= "ServoBox RT settings 8; libvirt kbase kvm-realtime; KVM-RT guide (the "
			  "first CPU of the cpuset)",
		.remedy	= "add <emulatorpin cpuset='HOUSEKEEPING'/> to <cputune>",
		VM_ROW, .severity = SEVERITY_HIGH,
		.judge	= judge_emulatorpin, .reads = domain_file,
	},
	{
		.id	= "pinning.iothreadpin",
		.title	= "IOThreads are pinned off the CPUs of vCPUs",
		.why	= "each disk request would interrupt a vCPU",
		.source	= "ServoBox RT settings 9",
		.remedy	= "add <iothreadpin iothread='1' cpuset='HOUSEKEEPING'/> to <cputune>",
		VM_ROW, .severity = SEVERITY_MEDIUM,
		.judge	= judge_iothreadpin, .reads = domain_file,
	},
	{.id = NULL},
};
