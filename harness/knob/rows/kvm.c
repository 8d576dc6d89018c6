/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KVM itself: the processor, the modules, what libvirt needs around them. */
#include <errno.h>
#include <string.h>

#include "cpu_flags.h"
#include "cpuinfo.h"
#include "escape.h"
#include "judge.h"
#include "kernel_log.h"
#include "number.h"
#include "rows.h"
#include "settings.h"
#include "want.h"
#include "words.h"

/* NULL when it was concluded already: the file is no x86 cpuinfo, or cannot be read. */
static CpuInfo *read_cpuinfo(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(CpuInfo) info = NULL;
	int errnum = 0;
	const char *text = knob_view_read(view, "proc/cpuinfo", &errnum);

	if (!text) {
		knob_conclude_errno(knob, view, finding, "proc/cpuinfo", errnum);
		return NULL;
	}
	info = cpuinfo_parse(text, strlen(text), NULL);
	if (!info || !cpuinfo_is_x86(info)) {
		knob_conclude(knob, finding, MATCH_ODD,
			      "proc/cpuinfo is not that of an x86 processor");
		return NULL;
	}
	return g_steal_pointer(&info);
}

static void judge_virtualization_flag(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(CpuInfo) info = read_cpuinfo(knob, view, finding);
	const char *flag;

	if (!info)
		return;
	flag = cpuinfo_has_flag(info, "vmx")   ? "vmx"
	       : cpuinfo_has_flag(info, "svm") ? "svm"
					       : NULL;
	finding_add_evidence(finding, g_strdup("proc/cpuinfo flags"),
			     g_strdup(flag ? flag : "neither vmx nor svm"),
			     g_strdup("vmx or svm"));
	if (flag && cpuinfo_same_flags(info))
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else if (flag)
		knob_conclude(knob, finding, MATCH_ODD,
			      "the processors do not all have the same flags");
	else
		knob_conclude(
			knob, finding, MATCH_BROKEN,
			"the processor shows neither vmx nor svm: it has no hardware "
			"virtualization, or firmware or a hypervisor hides it");
}

static void judge_bare_metal(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(CpuInfo) info = read_cpuinfo(knob, view, finding);
	gboolean virtual;

	if (!info)
		return;
	virtual = cpuinfo_has_flag(info, "hypervisor");
	finding_add_evidence(finding, g_strdup("proc/cpuinfo flags"),
			     g_strdup(virtual ? "hypervisor" : "no hypervisor"),
			     g_strdup("no hypervisor"));
	knob_conclude(knob, finding, virtual ? MATCH_BROKEN : MATCH_HOLDS, "%s",
		      virtual ? "the machine is itself a virtual one: its latencies are "
				"those of "
				"a host that cannot be seen from here"
			      : "");
}

static void judge_x2apic(const Knob *knob, KnobView *view, Finding *finding)
{
	cpu_flags_judge(knob, view, finding, "x2apic", FALSE);
}

/* The text is "yes" or "no", a tab, and the reason (view.h). */
static void judge_proven(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const char *proof = knob_view_kvm_proof(view, &errnum);
	const char *tab = proof ? strchr(proof, '\t') : NULL;
	g_autofree char *reason = NULL;

	if (!proof) {
		knob_conclude_errno(knob, view, finding, CAPTURE_KVM_PROOF, errnum);
		return;
	}
	if (!tab || tab[1] == '\0') {
		knob_conclude(knob, finding, MATCH_ODD,
			      "the proof says neither yes nor no");
		return;
	}
	reason = escape_text(tab + 1, (gssize)strlen(tab + 1));
	finding_add_evidence(finding, g_strdup("KVM_RUN of a 64-bit loop"),
			     g_strdup(reason),
			     g_strdup("at most 20 times slower than native"));
	if (g_str_has_prefix(proof, "yes\t"))
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", reason);
	else if (g_str_has_prefix(proof, "no\t"))
		knob_conclude(knob, finding, MATCH_BROKEN, "%s", reason);
	else
		knob_conclude(knob, finding, MATCH_ODD,
			      "the proof says neither yes nor no");
}

/* proc/cgroups: "cpuset <tab> HIERARCHY <tab> CGROUPS <tab> ENABLED" a line. */
static gboolean enabled_in_v1(const char *text, const char *controller)
{
	Span rest = span_of(text);
	Span line;

	while (span_take_line(&rest, &line)) {
		guint64 hierarchy, cgroups, enabled;

		if (span_take_literal(&line, controller) &&
		    span_take_literal(&line, "\t") &&
		    span_take_number(&line, G_MAXUINT32, &hierarchy) &&
		    span_take_literal(&line, "\t") &&
		    span_take_number(&line, G_MAXUINT32, &cgroups) &&
		    span_take_literal(&line, "\t") &&
		    span_take_number(&line, 1, &enabled))
			return enabled == 1;
	}
	return FALSE;
}

static void judge_controllers(const Knob *knob, KnobView *view, Finding *finding)
{
	static const char *const v2[] = {"cpuset", "cpu", "memory", "io", NULL};
	static const char *const v1[] = {"cpuset", "cpu",     "memory",
					 "blkio",  "devices", NULL};
	const char *place = "sys/fs/cgroup/cgroup.controllers";
	g_autoptr(GString) missing = g_string_new(NULL);
	int errnum = 0;
	const char *text = knob_view_line(view, place, &errnum);
	gboolean unified = text != NULL;

	if (!text && errnum == ENOENT) {
		place = "proc/cgroups";
		text = knob_view_read(view, place, &errnum);
	}
	if (!text) {
		knob_conclude_errno(knob, view, finding, place, errnum);
		return;
	}
	for (const char *const *name = unified ? v2 : v1; *name; name++)
		if (!(unified ? words_contain(text, " \t", *name) : enabled_in_v1(text, *name)))
			g_string_append_printf(missing, "%s%s", missing->len ? ", " : "",
					       *name);
	finding_add_evidence(finding, g_strdup(place),
			     missing->len ? g_strdup_printf("without %s", missing->str)
					  : g_strdup("all of them"),
			     g_strjoinv(", ", (char **)(unified ? v2 : v1)));
	if (missing->len)
		knob_conclude(knob, finding, MATCH_BROKEN, "%s lacks %s", place,
			      missing->str);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

/* The first line by which a security module refused something to QEMU, escaped; or NULL.
 */
static char *find_denial(const char *log)
{
	Span rest = span_of(log);
	Span line;

	while (span_take_line(&rest, &line)) {
		g_autofree char *text = span_dup(line);

		if ((strstr(text, "apparmor=\"DENIED\"") ||
		     strstr(text, "avc:  denied")) &&
		    (strstr(text, "qemu") || strstr(text, "svirt") ||
		     strstr(text, "libvirt-")))
			return escape_text(text, (gssize)strlen(text));
	}
	return NULL;
}

static void judge_confinement(const Knob *knob, KnobView *view, Finding *finding)
{
	kernel_log_judge(knob, view, finding, find_denial);
}

/* FALSE when it was concluded already. */
static gboolean read_setting(const Knob *knob, KnobView *view, Finding *finding,
			     const char *key, char **ret_value)
{
	const char *place = "etc/libvirt/qemu.conf";
	g_autofree char *shown = NULL;
	int errnum = 0;
	const char *text = knob_view_read(view, place, &errnum);

	if (!text) {
		knob_conclude_errno(knob, view, finding, place, errnum);
		return FALSE;
	}
	if (!settings_find(text, key, ret_value)) {
		knob_conclude(knob, finding, MATCH_ODD,
			      "%s holds a line that is no setting", place);
		return FALSE;
	}
	shown = *ret_value ? escape_text(*ret_value, (gssize)strlen(*ret_value))
			   : g_strdup("not set: libvirt's default");
	finding_add_evidence(finding, g_strdup_printf("%s %s", place, key),
			     g_steal_pointer(&shown), g_strdup(knob->text));
	return TRUE;
}

static void judge_qemu_cpuset(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autofree char *value = NULL;

	if (!read_setting(knob, view, finding, "cgroup_controllers", &value))
		return;
	if (!value || strstr(value, "\"cpuset\""))
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "cgroup_controllers is set, and cpuset is not among them");
}

/* libvirt's own name of the account differs between distributions; a wrong one keeps QEMU
 * from /dev/kvm, which is 0660 root:kvm nearly everywhere. */
static void judge_qemu_user(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autofree char *value = NULL;

	if (!read_setting(knob, view, finding, "user", &value))
		return;
	if (value && (*value != '"' || strlen(value) < 3))
		knob_conclude(knob, finding, MATCH_ODD, "the user is no name in quotes");
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

static const char *const cpuinfo_file[] = {"proc/cpuinfo", NULL};
static const char *const proof_file[] = {CAPTURE_KVM_PROOF, NULL};
static const char *const qemu_conf[] = {"etc/libvirt/qemu.conf", NULL};
static const char *const cgroup_files[] = {"sys/fs/cgroup/cgroup.controllers",
					   "proc/cgroups", NULL};

/* clang-format off */
const Knob knob_rows_kvm[] = {
	{
		.id	= "kvm.cpu_flags",
		.title	= "The processor has hardware virtualization (VT-x or AMD-V)",
		.why	= "without it every guest instruction is emulated, and "
			  "latencies are those of the emulator",
		.source	= "Virt-RT guide 1.1; virt-host-validate",
		.remedy	= "switch VT-x or SVM on in the firmware",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_FATAL, .when = WHEN_FIRMWARE,
		.place	= PLACE_COMPUTED, .judge = judge_virtualization_flag,
		.reads	= cpuinfo_file,
	},
	{
		.id	= "kvm.proven",
		.title	= "KVM runs a guest's loop at nearly native speed",
		.why	= "a device node that opens proves nothing: a KVM without "
			  "hardware support starts a guest that never gets anywhere",
		.source	= "Virt-RT guide 1.1; Documentation/virt/kvm/api.rst",
		.remedy	= "modprobe kvm_intel (or kvm_amd), on a machine with VT-x or "
			  "AMD-V",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_FATAL, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_proven,
		.reads	= proof_file,
	},
	{
		.id	= "kvm.bare_metal",
		.title	= "The host is no virtual machine itself",
		.why	= "another hypervisor below takes the CPUs away whenever it "
			  "likes, and no setting of this machine changes that",
		.source	= "Virt-RT guide 1.1; seeker cpu-rtcheck",
		.remedy	= "run real-time guests on bare metal",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_NEVER,
		.place	= PLACE_COMPUTED, .judge = judge_bare_metal,
		.reads	= cpuinfo_file,
	},
	{
		.id	= "kvm.device",
		.title	= "The KVM device is there",
		.why	= "QEMU falls back to emulation, or refuses to start, without "
			  "/dev/kvm",
		.source	= "virt-host-validate; Documentation/virt/kvm/api.rst",
		.remedy	= "modprobe kvm_intel (or kvm_amd)",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/devices/virtual/misc/kvm/dev",
		.want	= want_text, .text = "10:232",
		.absent	= ABSENT_BROKEN, .absent_means = "the kvm module is not loaded",
	},
	{
		.id	= "kvm.vhost_net",
		.title	= "vhost-net is there for virtio networking",
		.why	= "without it every packet of a guest goes through QEMU's main "
			  "loop",
		.source	= "virt-host-validate; Virt-RT guide 1.1",
		.remedy	= "modprobe vhost_net",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/devices/virtual/misc/vhost-net/dev",
		.want	= want_text, .text = "10:238",
		.absent	= ABSENT_BROKEN,
		.absent_means = "the vhost_net module is not loaded",
	},
	{
		.id	= "kvm.tun",
		.title	= "The tun device is there for guest networks",
		.why	= "a bridged or routed guest interface needs /dev/net/tun",
		.source	= "virt-host-validate; Documentation/networking/tuntap.rst",
		.remedy	= "modprobe tun",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/devices/virtual/misc/tun/dev",
		.want	= want_text, .text = "10:200",
		.absent	= ABSENT_BROKEN, .absent_means = "the tun module is not loaded",
	},
	{
		.id	= "kvm.cgroup_controllers",
		.title	= "The cgroup controllers that libvirt uses are there",
		.why	= "without cpuset and cpu libvirt cannot keep QEMU's threads in "
			  "their place",
		.source	= "virt-host-validate; Documentation/admin-guide/cgroup-v2.rst",
		.remedy	= "take cgroup_disable= off the kernel command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED, .judge = judge_controllers,
		.reads	= cgroup_files,
	},
	{
		.id	= "kvm.x2apic",
		.title	= "The processor has x2APIC",
		.why	= "posted interrupts and cheap timer access go through x2APIC's "
			  "registers; the older interface exits to the hypervisor more "
			  "often",
		.source	= "ACRN real-time tips (LAPIC passthrough needs x2APIC)",
		.remedy	= "switch x2APIC on in the firmware; take nox2apic off the "
			  "command line",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_FIRMWARE,
		.place	= PLACE_COMPUTED, .judge = judge_x2apic,
		.reads	= cpuinfo_file,
	},
	{
		.id	= "kvm.confinement",
		.title	= "No security module refused QEMU anything since the boot",
		.why	= "a confined QEMU that may not set a real-time policy or lock "
			  "memory runs on without it, and says so only in a log",
		.source	= "libvirt kbase kvm-realtime; Virt-RT guide 3.2.3",
		.remedy	= "look at the refusal: journalctl -k --grep 'DENIED|denied'; "
			  "then correct the profile",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_VM_RESTART,
		.place	= PLACE_COMPUTED, .judge = judge_confinement,
		.reads	= kernel_log_reads,
		.again	= AGAIN_WORSE,
	},
	{
		.id	= "kvm.qemu_cpuset",
		.title	= "libvirt uses the cpuset controller for VMs",
		.why	= "without it only the affinity of each thread holds, and new "
			  "threads of QEMU inherit whatever their creator had",
		.source	= "KVM-RT guide, Understanding the cpuset Configuration "
			  "Attribute; libvirt qemu.conf",
		.remedy	= "put \"cpuset\" into cgroup_controllers in "
			  "/etc/libvirt/qemu.conf",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_VM_RESTART,
		.place	= PLACE_COMPUTED, .judge = judge_qemu_cpuset,
		.text	= "with cpuset",
		.absent	= ABSENT_NA,
		.absent_means = "libvirt's QEMU driver has no configuration",
		.reads	= qemu_conf,
	},
	{
		.id	= "kvm.qemu_user",
		.title	= "The account that QEMU runs as is recorded",
		.why	= "an account that may not open /dev/kvm or /dev/vfio gets an "
			  "emulated guest, or none",
		.source	= "libvirt qemu.conf",
		.remedy	= "user = \"libvirt-qemu\" (or qemu) in /etc/libvirt/qemu.conf; "
			  "restart libvirtd",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_VM_RESTART,
		.place	= PLACE_COMPUTED, .judge = judge_qemu_user,
		.absent	= ABSENT_NA,
		.absent_means = "libvirt's QEMU driver has no configuration",
		.reads	= qemu_conf,
	},
	{0},
};
