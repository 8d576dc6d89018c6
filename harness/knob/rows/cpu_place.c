/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in the machine the planned CPUs are: sockets and their first cores. */
#include <errno.h>

#include "choice.h"
#include "judge.h"
#include "place.h"
#include "planned.h"
#include "rows.h"

#define CPU_DIR "sys/devices/system/cpu/"

typedef struct {
	gint64 number;
	Cpuset cpus;
} Socket;

/* The online CPUs of each socket. FALSE with *ret_errno and *ret_path when one does not
 * tell. */
static gboolean read_sockets(KnobView *view, GArray *sockets, char **ret_path,
			     int *ret_errno)
{
	const Cpuset *online = knob_view_online(view);

	CPUSET_FOREACH (cpu, online) {
		g_autofree char *path = g_strdup_printf(
			CPU_DIR "cpu%d/topology/physical_package_id", cpu);
		Socket new = {0};
		guint at = 0;

		if (!knob_view_number(view, path, 0, G_MAXINT32, &new.number,
				      ret_errno)) {
			*ret_path = g_steal_pointer(&path);
			return FALSE;
		}
		while (at < sockets->len &&
		       g_array_index(sockets, Socket, at).number != new.number)
			at++;
		if (at == sockets->len)
			g_array_append_val(sockets, new);
		cpuset_add(&g_array_index(sockets, Socket, at).cpus, (guint)cpu);
	}
	*ret_path = g_strdup(CPU_DIR "online");
	*ret_errno = ENODATA;
	return sockets->len > 0;
}

/* CPUs that are for vCPUs: planned or isolated. */
static Cpuset taken(KnobView *view)
{
	Cpuset cpus = *knob_view_planned(view);

	cpuset_union(&cpus, knob_view_isolated(view));
	return cpus;
}

typedef KnobMatch (*SocketRule)(KnobView *view, const Socket *socket, char **ret_seen);

static KnobMatch leaves_one(KnobView *view, const Socket *socket, char **ret_seen)
{
	Cpuset left = socket->cpus, used = taken(view);

	cpuset_subtract(&left, &used);
	*ret_seen = cpulist_format(&left);
	return cpuset_count(&left) > 0 ? MATCH_HOLDS : MATCH_BROKEN;
}

static KnobMatch leaves_first(KnobView *view, const Socket *socket, char **ret_seen)
{
	Cpuset used = taken(view);
	int first = cpuset_next(&socket->cpus, 0);

	*ret_seen =
		g_strdup_printf("CPU %d is %s", first,
				cpuset_contains(&used, (guint)first) ? "taken" : "left");
	return cpuset_contains(&used, (guint)first) ? MATCH_BROKEN : MATCH_HOLDS;
}

static void judge_sockets(const Knob *knob, KnobView *view, Finding *finding,
			  SocketRule rule)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	g_autoptr(GArray) sockets = g_array_new(FALSE, FALSE, sizeof(Socket));
	g_autofree char *path = NULL;
	int errnum = 0;
	Cpuset used;

	if (!read_sockets(view, sockets, &path, &errnum)) {
		knob_conclude_errno(knob, view, finding, path, errnum);
		return;
	}
	if (!knob_view_isolated_known(view)) {
		knob_view_line(view, CPU_DIR "isolated", &errnum);
		knob_conclude_errno(knob, view, finding, CPU_DIR "isolated",
				    errnum ? errnum : ERANGE);
		return;
	}
	used = taken(view);
	if (cpuset_count(&used) == 0 && planned_missing(knob, view, finding))
		return;
	for (guint i = 0; i < sockets->len; i++) {
		const Socket *socket = &g_array_index(sockets, Socket, i);
		g_autofree char *place =
			g_strdup_printf("socket %" G_GINT64_FORMAT, socket->number);
		g_autofree char *seen = NULL;
		KnobMatch match = rule(view, socket, &seen);

		tally_match(tally, match, place, seen, -1, knob->text, NULL);
	}
	tally_finish(tally, finding);
}

static void judge_socket_housekeeping(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_sockets(knob, view, finding, leaves_one);
}

static void judge_first_core(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_sockets(knob, view, finding, leaves_first);
}

/* Several VMs may share what a host isolates; only the CPUs of one must stay together. */
static void conclude_spread(const Knob *knob, KnobView *view, Finding *finding,
			    guint parts, const char *place, const char *what)
{
	g_autoptr(Tally) tally = tally_new(knob, view);
	g_autofree char *seen = g_strdup_printf("%u %s", parts, what);
	g_autofree char *cpus = cpulist_format(knob_view_planned(view));

	if (planned_missing(knob, view, finding))
		return;
	if (parts == 0)
		tally_match(tally, MATCH_ODD, place, cpus, -1, NULL,
			    "the planned CPUs are in none");
	else if (parts > 1 && !knob_view_planned_given(view))
		tally_match(tally, MATCH_IRRELEVANT, place, seen, -1, NULL,
			    "the isolated CPUs may be for several VMs");
	else
		tally_match(tally, parts == 1 ? MATCH_HOLDS : MATCH_BROKEN, place, seen,
			    -1, knob->text, cpus);
	tally_finish(tally, finding);
}

static void judge_one_socket(const Knob *knob, KnobView *view, Finding *finding)
{
	g_autoptr(GArray) sockets = g_array_new(FALSE, FALSE, sizeof(Socket));
	g_autofree char *path = NULL;
	int errnum = 0;
	guint parts = 0;

	if (!read_sockets(view, sockets, &path, &errnum)) {
		knob_conclude_errno(knob, view, finding, path, errnum);
		return;
	}
	for (guint i = 0; i < sockets->len; i++)
		parts += cpuset_intersects(&g_array_index(sockets, Socket, i).cpus,
					   knob_view_planned(view));
	conclude_spread(knob, view, finding, parts,
			CPU_DIR "cpu*/topology/physical_package_id", "sockets");
}

static const char *const reads_sockets[] = {CPU_DIR "cpu*/topology/physical_package_id",
					    NULL};

/* clang-format off */
const Knob knob_rows_cpu_place[] = {
	{
		.id	= "cpu.socket_housekeeping",
		.title	= "Each socket keeps a housekeeping CPU",
		.why	= "interrupts and kernel work that cannot leave a socket land on "
			  "its isolated CPUs otherwise",
		.source	= "Virt-RT guide 3.2.2; KVM-RT guide, Configuring Real-Time "
			  "Virtual Machines; tuned cpu-partitioning",
		.remedy	= "take one CPU of that socket out of isolcpus=",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "1 CPU or more",
		.judge	= judge_socket_housekeeping, .reads = reads_sockets,
	},
	{
		.id	= "cpu.first_core",
		.title	= "The first CPU of each socket is left to the host",
		.why	= "some interrupts are bound to the first CPU of the first core "
			  "of a socket and cannot be moved",
		.source	= "KVM-RT guide, Known Issues (IRQs that cannot be migrated); "
			  "Virt-RT guide 3.2.2",
		.remedy	= "plan the highest cores of a socket first, counting down",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_MEDIUM, .when = WHEN_REBOOT,
		.place	= PLACE_COMPUTED,
		.text	= "left",
		.judge	= judge_first_core, .reads = reads_sockets,
	},
	{
		.id	= "cpu.one_socket",
		.title	= "The planned CPUs are in one socket",
		.why	= "the latency of memory and interrupts between sockets is "
			  "beyond any small limit",
		.source	= "Virt-RT guide 5.2.1; KVM-RT guide, Configuring Real-Time "
			  "Virtual Machines",
		.remedy	= "plan CPUs of one socket for each VM",
		.scopes	= SCOPE_HOST, .severity = SEVERITY_HIGH, .when = WHEN_VM_RESTART,
		.place	= PLACE_COMPUTED,
		.text	= "1 socket",
		.judge	= judge_one_socket, .reads = reads_sockets,
		.opinions = "the Virt-RT guide calls a guest across sockets impossible; "
			  "the KVM-RT guide asks for careful consideration",
		.sides	= SIDE_WANTED,
	},
	{0},
};
