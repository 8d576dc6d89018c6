/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Daemons that stay: TuneD, libvirt's, agents, the clock's, the management controller's.
 */
#include <string.h>

#include "cpulist.h"
#include "escape.h"
#include "judge.h"
#include "planned.h"
#include "row_threads.h"
#include "rows.h"
#include "set.h"
#include "settings.h"
#include "want.h"

/* Profiles that isolate CPUs for real-time or polling work; those of the OpenShift node
 * tuning operator are made per machine. */
static gboolean is_isolating_profile(const char *name)
{
	static const char *const names[] = {"realtime",
					    "realtime-virtual-host",
					    "realtime-virtual-guest",
					    "cpu-partitioning",
					    "cpu-partitioning-virt-host",
					    "openshift-realtime",
					    NULL};

	return g_strv_contains(names, name) ||
	       g_str_has_prefix(name, "openshift-node-performance-rt");
}

static gboolean is_profile_name(const char *name)
{
	return g_ascii_isalnum(*name) &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_.-")] == '\0';
}

static const char *profile_text(KnobView *view, const char *name)
{
	static const char *const folders[] = {"etc/tuned/profiles", "etc/tuned",
					      "usr/lib/tuned/profiles", "usr/lib/tuned"};

	for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path =
			g_strdup_printf("%s/%s/tuned.conf", folders[i], name);
		const char *text = knob_view_read(view, path, NULL);

		if (text)
			return text;
	}
	return NULL;
}

/* Own profiles include the stock ones. `budget` ends loops and trees of includes. */
static gboolean includes_isolating(KnobView *view, const char *name, guint *budget)
{
	g_autofree char *include = NULL;
	g_auto(GStrv) parents = NULL;
	const char *text;

	if (!is_profile_name(name) || *budget == 0)
		return FALSE;
	(*budget)--;
	if (is_isolating_profile(name))
		return TRUE;
	text = profile_text(view, name);
	if (!text || !settings_find(text, "include", &include) || !include)
		return FALSE;
	parents = g_strsplit_set(include, ", ", -1);
	for (char **parent = parents; *parent; parent++)
		if (includes_isolating(view, *parent, budget))
			return TRUE;
	return FALSE;
}

static KnobMatch want_isolating_profile(const Knob *knob, KnobView *view,
					const KnobReading *reading, char **ret_wanted,
					char **ret_note)
{
	g_auto(GStrv) names = g_strsplit(reading->value, " ", -1);
	guint budget = 32;

	(void)knob;
	(void)ret_wanted;
	if (*reading->value == '\0') {
		*ret_note = g_strdup("no profile is active");
		return MATCH_BROKEN;
	}
	for (char **name = names; *name; name++)
		if (includes_isolating(view, *name, &budget))
			return MATCH_HOLDS;
	return MATCH_BROKEN;
}

/* TuneD's list of isolated CPUs against the CPUs that are meant for vCPUs. */
static KnobMatch want_cores(const Knob *knob, KnobView *view, const KnobReading *reading,
			    char **ret_wanted, char **ret_note)
{
	g_autofree char *cores = NULL;
	KnobReading list = *reading;

	if (!settings_find(reading->value, "isolated_cores", &cores))
		return MATCH_ODD;
	if (!knob_view_line(view, "etc/tuned/active_profile", NULL)) {
		*ret_note = g_strdup("the active profile cannot be read");
		return MATCH_ODD;
	}
	if (!cores) {
		*ret_note = g_strdup("isolated_cores is not set");
		return MATCH_BROKEN;
	}
	if (strchr(cores, '$')) {
		*ret_note = g_strdup("TuneD computes isolated_cores itself");
		return MATCH_IRRELEVANT;
	}
	list.value = cores;
	return want_covers_planned(knob, view, &list, ret_wanted, ret_note);
}

/* The file belongs to one profile: it counts when that one is active. */
static gboolean cores_applies(const Knob *knob, KnobView *view, char **ret_proof)
{
	const char *profile = knob_view_line(view, "etc/tuned/active_profile", NULL);
	g_autofree char *shown = NULL;

	(void)knob;
	if (!profile || strstr(profile, "realtime-virtual-host"))
		return TRUE;
	shown = escape_text(profile, (gssize)strlen(profile));
	*ret_proof = g_strdup_printf("the active profile of TuneD is %s", shown);
	return FALSE;
}

/* Names as the kernel keeps them: 15 bytes (TASK_COMM_LEN). */
static const char *const libvirt_daemons[] = {
	"libvirtd",       "virtqemud",    "virtlogd",      "virtlockd",
	"virtproxyd",     "virtstoraged", "virtnetworkd",  "virtnodedevd",
	"virtinterfaced", "virtsecretd",  "virtnwfilterd", NULL};
static const char *const agents[] = {"node_exporter",
				     "prometheus-node",
				     "prometheus-libv",
				     "pmcd",
				     "pmdaproc",
				     "pmdalinux",
				     "pmlogger",
				     "pmie",
				     "collectd",
				     "telegraf",
				     "netdata",
				     "zabbix_agentd",
				     "zabbix_agent2",
				     "cadvisor",
				     "kubelet",
				     "virt-manager",
				     "virt-top",
				     "nrpe",
				     "snmpd",
				     "cockpit-bridge",
				     "munin-node",
				     "glances",
				     "atop",
				     "htop",
				     "top",
				     NULL};
static const char *const clock_daemons[] = {"chronyd",         "ntpd",     "ntpsec",
					    "systemd-timesyn", "openntpd", NULL};

typedef gboolean (*IsMeant)(const KnobThread *thread);

static gboolean is_process(const KnobThread *thread, const char *const *names)
{
	return !thread->kernel_thread && g_strv_contains(names, thread->comm);
}

static gboolean is_libvirt(const KnobThread *thread)
{
	return is_process(thread, libvirt_daemons);
}

static gboolean is_agent(const KnobThread *thread)
{
	return is_process(thread, agents);
}

static gboolean is_clock(const KnobThread *thread)
{
	return is_process(thread, clock_daemons);
}

/* kipmi0 polls the interface in a loop; its kernel thread is not bound. */
static gboolean is_kipmid(const KnobThread *thread)
{
	return thread->kernel_thread && g_str_has_prefix(thread->comm, "kipmi");
}

/* The processes whose first thread is meant. */
static GHashTable *find_pids(const GArray *threads, IsMeant is_meant)
{
	GHashTable *pids = g_hash_table_new(NULL, NULL);

	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);

		if (thread->pid == thread->tid && is_meant(thread))
			g_hash_table_add(pids, GUINT_TO_POINTER(thread->pid));
	}
	return pids;
}

typedef struct {
	guint found, unknown, astray;
	char *first; /* the first one astray, escaped */
} Placement;

static void place_one(Placement *placement, const KnobThread *thread,
		      const Cpuset *planned)
{
	placement->found++;
	if (!thread->allowed) {
		placement->unknown++;
	} else if (cpuset_intersects(thread->allowed, planned)) {
		placement->astray++;
		if (!placement->first)
			placement->first =
				escape_text(thread->comm, (gssize)strlen(thread->comm));
	}
}

static void conclude_placement(const Knob *knob, KnobView *view, Finding *finding,
			       const Placement *placement)
{
	g_autofree char *planned = cpulist_format(knob_view_planned(view));

	if (placement->found == 0) {
		knob_conclude(knob, finding, MATCH_IRRELEVANT, "none is running");
		return;
	}
	if (planned_missing(knob, view, finding))
		return;
	finding_add_evidence(finding, g_strdup("threads"),
			     g_strdup_printf("%u of %u may run on planned CPUs",
					     placement->astray, placement->found),
			     g_strdup_printf("none on %s", planned));
	if (placement->astray)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "%u of %u threads may run on CPUs %s, the first is %s",
			      placement->astray, placement->found, planned,
			      placement->first);
	else if (placement->unknown)
		knob_conclude(knob, finding, MATCH_ODD,
			      "the CPUs of %u of %u threads are not known",
			      placement->unknown, placement->found);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

static void judge_placement(const Knob *knob, KnobView *view, Finding *finding,
			    IsMeant is_meant)
{
	const GArray *threads = row_threads(knob, view, finding);
	g_autoptr(GHashTable) pids = threads ? find_pids(threads, is_meant) : NULL;
	Placement placement = {0};

	for (guint i = 0; threads && i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);

		if (g_hash_table_contains(pids, GUINT_TO_POINTER(thread->pid)))
			place_one(&placement, thread, knob_view_planned(view));
	}
	if (threads)
		conclude_placement(knob, view, finding, &placement);
	g_free(placement.first);
}

static void judge_libvirt(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_placement(knob, view, finding, is_libvirt);
}

static void judge_agents(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_placement(knob, view, finding, is_agent);
}

static void judge_kipmid(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_placement(knob, view, finding, is_kipmid);
}

static void judge_clock(const Knob *knob, KnobView *view, Finding *finding)
{
	const GArray *threads = row_threads(knob, view, finding);
	g_autoptr(GHashTable) pids = threads ? find_pids(threads, is_clock) : NULL;
	guint count;

	if (!threads)
		return;
	count = g_hash_table_size(pids);
	finding_add_evidence(finding, g_strdup("processes"),
			     g_strdup_printf("%u keep the clock", count),
			     g_strdup("at most 1"));
	if (count > 1)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "%u daemons correct the clock, against each other", count);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

static const char *const thread_file[] = {CAPTURE_THREADS, NULL};
static const char *const profile_files[] = {
	"etc/tuned/*/tuned.conf", "etc/tuned/profiles/*/tuned.conf",
	"usr/lib/tuned/*/tuned.conf", "usr/lib/tuned/profiles/*/tuned.conf", NULL};
static const char *const active_profile[] = {"etc/tuned/active_profile", NULL};

/* clang-format off */
const Knob knob_rows_daemon[] = {
	{
		.id	= "service.tuned_profile",
		.title	= "TuneD's active profile isolates CPUs",
		.why	= "another profile sets governors, sysctls and affinities "
			  "against those of a real-time host at every start",
		.source	= "tuned realtime-virtual-host; host and QEMU tuning notes",
		.remedy	= "tuned-adm profile realtime-virtual-host "
			  "(realtime-virtual-guest in a guest)",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_MEDIUM,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "etc/tuned/active_profile",
		.want	= want_isolating_profile,
		.text	= "realtime-virtual-host, or one that includes it",
		.absent	= ABSENT_NA, .absent_means = "TuneD is not installed",
		.reads	= profile_files,
	},
	{
		.id	= "service.tuned_mode",
		.title	= "TuneD keeps the profile that was chosen",
		.why	= "in automatic mode the profile can change with an update of "
			  "TuneD",
		.source	= "tuned-adm(8)",
		.remedy	= "tuned-adm profile NAME",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "etc/tuned/profile_mode",
		.want	= want_text, .text = "manual",
		.absent	= ABSENT_NA, .absent_means = "TuneD is not installed",
	},
	{
		.id	= "service.tuned_cores",
		.title	= "TuneD isolates the planned CPUs",
		.why	= "its affinities and kernel parameters follow its own list, "
			  "not the plan",
		.source	= "tuned realtime-virtual-host",
		.remedy	= "isolated_cores=LIST in "
			  "/etc/tuned/realtime-virtual-host-variables.conf; tuned-adm "
			  "profile realtime-virtual-host; reboot",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_FILE,
		.path	= "etc/tuned/realtime-virtual-host-variables.conf",
		.want	= want_cores,
		.applies = cores_applies, .reads = active_profile,
		.absent	= ABSENT_NA,
		.absent_means = "TuneD has no profile for hosts of real-time VMs",
	},
	{
		.id	= "service.libvirt_affinity",
		.title	= "libvirt's daemons stay off the planned CPUs",
		.why	= "they ask QEMU and the kernel for statistics, and a worker "
			  "thread may do so on a vCPU's CPU",
		.source	= "host and QEMU tuning notes (CPUAffinity); SEAPATH",
		.remedy	= "systemctl edit libvirtd virtqemud: [Service] "
			  "CPUAffinity=HOUSEKEEPING; restart",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_libvirt, .reads = thread_file,
	},
	{
		.id	= "service.monitoring",
		.title	= "Monitoring agents stay off the planned CPUs",
		.why	= "they wake up every few seconds, read all of /proc and "
			  "interrupt other CPUs for it",
		.source	= "KVM-RT guide, Host System Requirements (a dedicated host); "
			  "host and QEMU tuning notes (CPUAffinity)",
		.remedy	= "stop the agent for the run, or give its unit "
			  "CPUAffinity=HOUSEKEEPING",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_LOW,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_agents, .reads = thread_file,
	},
	{
		.id	= "service.kipmid",
		.title	= "The IPMI polling thread stays off the planned CPUs",
		.why	= "it polls the management controller in a busy loop",
		.source	= "Documentation/driver-api/ipmi.rst; Red Hat real-time tuning",
		.remedy	= "taskset -pc HOUSEKEEPING $(pgrep kipmi0)",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_kipmid, .reads = thread_file,
	},
	{
		.id	= "service.kipmid_busy",
		.title	= "The IPMI polling thread's busy time is limited",
		.why	= "with 0 it never sleeps while a message is under way",
		.source	= "Documentation/driver-api/ipmi.rst (kipmid_max_busy_us)",
		.remedy	= "echo 100 > /sys/module/ipmi_si/parameters/kipmid_max_busy_us",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE,
		.path	= "sys/module/ipmi_si/parameters/kipmid_max_busy_us",
		.want	= want_number, .min = 1, .max = 500,
		.text	= "1 to 500, per interface",
		.absent	= ABSENT_NA, .absent_means = "ipmi_si is not loaded",
		.set	= set_text, .to = "100",
		.disruption = "the management controller answers later",
	},
	{
		.id	= "service.watchdog",
		.title	= "Whether a hardware watchdog is armed is recorded",
		.why	= "a host whose housekeeping CPUs are starved is reset by it, "
			  "in the middle of a run",
		.source	= "Documentation/watchdog/watchdog-api.rst; Red Hat real-time "
			  "tuning",
		.remedy	= "RuntimeWatchdogSec=0 in /etc/systemd/system.conf switches it "
			  "off",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_INFO, .when = WHEN_RUNTIME,
		.place	= PLACE_FILE, .path = "sys/class/watchdog/*/state",
		.want	= want_one_of, .text = "active|inactive",
		.absent	= ABSENT_NA, .absent_means = "there is no watchdog device",
	},
	{
		.id	= "service.clock",
		.title	= "At most one daemon corrects the clock",
		.why	= "two of them step the clock back and forth, and a stepped "
			  "clock makes a measurement worthless",
		.source	= "chronyd(8); lathe's own validity rules",
		.remedy	= "systemctl disable --now all but one of chronyd, ntpd, "
			  "systemd-timesyncd",
		.scopes	= SCOPE_HOST | SCOPE_GUEST, .severity = SEVERITY_INFO,
		.when	= WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_clock, .reads = thread_file,
	},
	{0},
};
