/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of the host and of the guest; that of a VM's domain is in layers domain and
 * thread. */
#include <string.h>

#include "cpu_flags.h"
#include "memory_judge.h"
#include "rows.h"
#include "view.h"
#include "set.h"
#include "want.h"

#define THP      "sys/kernel/mm/transparent_hugepage/"
#define THP_RST  "Documentation/admin-guide/mm/transhuge.rst"
#define HUGE_RST "Documentation/admin-guide/mm/hugetlbpage.rst"
#define BOTH     (SCOPE_HOST | SCOPE_GUEST)

static void judge_pdpe1gb(const Knob *knob, KnobView *view, Finding *finding)
{
	cpu_flags_judge(knob, view, finding, "pdpe1gb", FALSE);
}

static gboolean thp_applies(const Knob *knob, KnobView *view, char **ret_proof)
{
	const char *line = knob_view_line(view, THP "enabled", NULL);

	(void)knob;
	if (!line || !strstr(line, "[never]"))
		return TRUE;
	*ret_proof =
		g_strdup("transparent huge pages are off: " THP "enabled selects never");
	return FALSE;
}

static gboolean gigantic_applies(const Knob *knob, KnobView *view, char **ret_proof)
{
	(void)knob;
	return cpu_flags_apply(view, "pdpe1gb", "the CPU has no 1-GiB pages", ret_proof);
}

/* "16" or, for each node, "0:8,1:8". */
static KnobMatch want_pages(const Knob *knob, KnobView *view, const KnobReading *reading,
			    char **ret_wanted, char **ret_note)
{
	guint64 pages;

	(void)knob;
	(void)view;
	(void)ret_wanted;
	(void)ret_note;
	if (!memory_parse_pages(reading->value, &pages))
		return MATCH_ODD;
	return pages > 0 ? MATCH_HOLDS : MATCH_BROKEN;
}

static const char *const reads_thp_enabled[] = {THP "enabled", NULL};

/* clang-format off */
const Knob knob_rows_memory[] = {
	{
		.id	= "memory.hugepages",
		.title	= "Huge pages are set aside for VMs",
		.why	= "With 4-KiB pages a guest's memory access walks two deep page tables, and "
			  "its translations do not fit the TLB",
		.source	= "host and QEMU tuning notes; OpenShift node tuning operator; " HUGE_RST,
		.remedy	= "put default_hugepagesz=1G hugepagesz=1G hugepages=N on the kernel "
			  "command line, or: echo N > "
			  "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_HIGH,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.absent	= ABSENT_BROKEN,
		.absent_means = "this kernel has no huge pages",
		.judge	= memory_judge_hugepages,
		.reads	= memory_reads_hugepages,
	},
	{
		.id	= "memory.hugepages_1g",
		.title	= "Huge pages of 1 GiB are set aside",
		.why	= "A guest backed by 1-GiB pages needs few translations, and the kernel "
			  "never splits or moves them",
		.source	= "host and QEMU tuning notes; OpenShift node tuning operator",
		.remedy	= "put hugepagesz=1G hugepages=N on the kernel command line",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages",
		.want	= want_number,
		.text	= "at least 1",
		.min	= 1,
		.max	= G_MAXINT32,
		.absent	= ABSENT_NA,
		.absent_means = "this machine has no 1-GiB pages",
	},
	{
		.id	= "memory.hugepages_parameter",
		.title	= "Huge pages are set aside at boot",
		.why	= "Memory is fragmented soon after boot, and then 1-GiB pages cannot be "
			  "found any more",
		.source	= "host and QEMU tuning notes; " HUGE_RST,
		.remedy	= "put hugepagesz=1G hugepages=N on the kernel command line",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_LOW,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER,
		.path	= "hugepages",
		.want	= want_pages,
		.text	= "at least 1",
		.absent	= ABSENT_BROKEN,
		.absent_means = "huge pages are left to what is set later",
	},
	{
		.id	= "memory.default_hugepagesz",
		.title	= "The size of a huge page that nobody names is 1 GiB",
		.why	= "QEMU's -mem-path and hugetlbfs take the default size, which is 2 MiB "
			  "when nothing else was asked for",
		.source	= "host and QEMU tuning notes; " HUGE_RST,
		.remedy	= "put default_hugepagesz=1G on the kernel command line",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_LOW,
		.when	= WHEN_REBOOT,
		.place	= PLACE_PARAMETER,
		.path	= "default_hugepagesz",
		.want	= want_one_of,
		.text	= "1G|1g|1024M|1024m|1048576K|1048576k",
		.absent	= ABSENT_BROKEN,
		.absent_means = "the default is 2 MiB",
		.applies = gigantic_applies,
		.reads	= cpu_flags_reads,
	},
	{
		.id	= "memory.hugepages_effective",
		.title	= "The kernel set aside as many huge pages as it was asked for",
		.why	= "It takes what it finds and goes on: a VM then fails to start, or gets "
			  "memory of another node",
		.source	= "host and QEMU tuning notes; " HUGE_RST,
		.remedy	= "ask for fewer pages, or boot with more memory free",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_HIGH,
		.when	= WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.judge	= memory_judge_hugepages_effective,
		.reads	= memory_reads_effective,
	},
	{
		.id	= "memory.hugepages_nodes",
		.title	= "Every node with planned CPUs has huge pages",
		.why	= "A VM whose pages are on another node pays the way between sockets on "
			  "every miss, or does not start under a strict numatune",
		.source	= "KVM-RT guide, numatune; virt-host-validate; " HUGE_RST,
		.remedy	= "echo N > /sys/devices/system/node/nodeK/hugepages/"
			  "hugepages-1048576kB/nr_hugepages",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_HIGH,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel knows no NUMA nodes or no huge pages of a node; "
				"memory.hugepages counts them",
		.judge	= memory_judge_hugepages_nodes,
		.reads	= memory_reads_nodes,
	},
	{
		.id	= "memory.hugepages_free",
		.title	= "Every node with planned CPUs has free huge pages",
		.why	= "The next VM on that node finds none; when all planned VMs run, this is "
			  "as it should be",
		.source	= "KVM-RT guide, numatune; virt-host-validate; " HUGE_RST,
		.remedy	= "set more pages aside on the node, or stop what holds them",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel knows no NUMA nodes or no huge pages of a node",
		.judge	= memory_judge_hugepages_free,
		.reads	= memory_reads_free,
	},
	{
		.id	= "memory.hugetlbfs",
		.title	= "A file system of huge pages is mounted",
		.why	= "QEMU's -mem-path needs one, and so does libvirt to offer <hugepages/>",
		.source	= "host and QEMU tuning notes; " HUGE_RST,
		.remedy	= "mount -t hugetlbfs hugetlbfs /dev/hugepages",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.judge	= memory_judge_hugetlbfs,
		.reads	= memory_reads_mounts,
	},
	{
		.id	= "memory.pdpe1gb",
		.title	= "The CPU has 1-GiB pages",
		.why	= "Without them the largest page of a VM is 2 MiB",
		.source	= "kubevirt; SEAPATH; Intel SDM volume 3, 4.5",
		.remedy	= "use another CPU, or pages of 2 MiB",
		.scopes	= SCOPE_HOST,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_NEVER,
		.place	= PLACE_COMPUTED,
		.judge	= judge_pdpe1gb,
		.reads	= cpu_flags_reads,
	},
	{
		.id	= "memory.thp",
		.title	= "Transparent huge pages are off",
		.why	= "khugepaged and compaction move pages and shoot down the TLBs of every "
			  "CPU that uses them",
		.source	= "tuned realtime-virtual-host; OpenShift node tuning operator; "
			  "Virt-RT guide 5.2; " THP_RST,
		.remedy	= "echo never > /sys/kernel/mm/transparent_hugepage/enabled, or put "
			  "transparent_hugepage=never on the kernel command line",
		.scopes	= BOTH,
		.severity = SEVERITY_HIGH,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= THP "enabled",
		.want	= want_selected,
		.text	= "never",
		.absent	= ABSENT_HOLDS,
		.absent_means = "this kernel has no transparent huge pages",
		.set	= set_text,
		.disruption = "programs with large memory miss the TLB more often",
	},
	{
		.id	= "memory.thp_effective",
		.title	= "transparent_hugepage= is what sysfs says",
		.why	= "Something that was started later took the choice back",
		.source	= THP_RST "; Documentation/admin-guide/kernel-parameters.txt",
		.remedy	= "find what writes /sys/kernel/mm/transparent_hugepage/enabled (tuned, "
			  "a unit of tmpfiles.d) and set it to the same",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.absent	= ABSENT_NA,
		.absent_means = "this kernel has no transparent huge pages",
		.judge	= memory_judge_thp_effective,
		.reads	= memory_reads_thp,
	},
	{
		.id	= "memory.thp_defrag",
		.title	= "A page fault never waits for memory to be compacted",
		.why	= "Direct compaction stalls whoever faults for milliseconds",
		.source	= THP_RST,
		.remedy	= "echo never > /sys/kernel/mm/transparent_hugepage/defrag",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= THP "defrag",
		.want	= want_selected,
		.text	= "never",
		.absent	= ABSENT_HOLDS,
		.absent_means = "this kernel has no transparent huge pages",
		.applies = thp_applies,
		.reads	= reads_thp_enabled,
		.set	= set_text,
		.disruption = "fewer huge pages are had at once",
	},
	{
		.id	= "memory.khugepaged_defrag",
		.title	= "khugepaged does not compact memory",
		.why	= "It runs on its own and shoots down TLBs on planned CPUs",
		.source	= THP_RST,
		.remedy	= "echo 0 > /sys/kernel/mm/transparent_hugepage/khugepaged/defrag",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= THP "khugepaged/defrag",
		.want	= want_number,
		.text	= "0",
		.absent	= ABSENT_HOLDS,
		.absent_means = "this kernel has no transparent huge pages",
		.applies = thp_applies,
		.reads	= reads_thp_enabled,
		.set	= set_text,
		.disruption = "fewer huge pages are made afterwards",
	},
	{
		.id	= "memory.thp_shmem",
		.title	= "Shared memory is not made of transparent huge pages",
		.why	= "A VM whose memory is a memfd or tmpfs file is shared memory, with a "
			  "switch of its own",
		.source	= THP_RST,
		.remedy	= "echo never > /sys/kernel/mm/transparent_hugepage/shmem_enabled",
		.scopes	= BOTH,
		.severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= THP "shmem_enabled",
		.want	= want_selected,
		.text	= "never|deny",
		.absent	= ABSENT_HOLDS,
		.absent_means = "this kernel has no transparent huge pages of shared memory",
		.set	= set_text,
		.disruption = "shared memory misses the TLB more often",
	},
	{
		.id	= "memory.ksm",
		.title	= "Kernel samepage merging is off",
		.why	= "ksmd write-protects and merges a guest's pages, and every later write to "
			  "one faults",
		.source	= "Virt-RT guide 3.2.1 and 5.2; tuned realtime-virtual-host; "
			  "Documentation/admin-guide/mm/ksm.rst",
		.remedy	= "echo 2 > /sys/kernel/mm/ksm/run; "
			  "systemctl disable --now ksm ksmtuned",
		.scopes	= BOTH,
		.severity = SEVERITY_HIGH,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/kernel/mm/ksm/run",
		.want	= want_one_of,
		.text	= "0|2",
		.absent	= ABSENT_HOLDS,
		.absent_means = "this kernel merges no pages",
		.set	= set_text, .to = "2",
		.disruption = "merged pages are taken apart again: VMs of one kind need more "
			      "memory, at once",
	},
	{
		.id	= "memory.ksm_pages",
		.title	= "No page is merged any more",
		.why	= "Stopping the merger leaves what it merged, and those pages still fault "
			  "when they are written",
		.source	= "Virt-RT guide 3.2.1; Documentation/admin-guide/mm/ksm.rst",
		.remedy	= "echo 2 > /sys/kernel/mm/ksm/run",
		.scopes	= BOTH,
		.severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/kernel/mm/ksm/pages_shared",
		.want	= want_number,
		.text	= "0",
		.absent	= ABSENT_HOLDS,
		.absent_means = "this kernel merges no pages",
	},
	{
		.id	= "memory.swap",
		.title	= "No swap is in use",
		.why	= "A page that was swapped out costs a fault and a read from disk; only a "
			  "VM whose memory is all locked does not mind",
		.source	= "tuned; rtcqs; Virt-RT guide 5.2; ServoBox RT settings 10",
		.remedy	= "swapoff -a, and take the swap areas out of /etc/fstab",
		.scopes	= BOTH,
		.severity = SEVERITY_HIGH,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED,
		.absent	= ABSENT_HOLDS,
		.absent_means = "this kernel cannot swap",
		.judge	= memory_judge_swap,
		.reads	= memory_reads_swap,
	},
	{NULL},
};
/* clang-format on */
