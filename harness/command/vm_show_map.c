/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_show.h"

#include <string.h>

#include "columns.h"

#define N_COLUMNS 9
#define CELL_WIDEST 40
/* A longer list of the host's is told by its length: all of it stands below. */
#define LIST_WIDEST 16

static char *number_text(int number)
{
	return number == TOPOLOGY_UNKNOWN ? g_strdup("?") : g_strdup_printf("%d", number);
}

static char *node_text(const TopologyNode *node)
{
	return node ? g_strdup_printf("%u", node->number) : g_strdup("?");
}

/* What is not as it should be with a CPU that VMs use. */
static const char *note_of(const VmMap *map, guint cpu, const VmUser *user,
			   const Topology *topology)
{
	const TopologyCpu *at = topology_cpu(topology, cpu);

	if (user->kind == USER_OFFLINE)
		return vm_map_runners(map, cpu) > 0 ? "CONFLICT: another VM runs here"
						    : "";
	if (!at || !at->online)
		return "NOT ONLINE";
	return vm_map_runners(map, cpu) > 1 ? "shared" : "";
}

/* The cells of a row that say which core it is, and what of it is offline. */
typedef struct {
	const char *node, *socket, *core, *offline;
} Where;

static const Where again = {"", "", "", ""};

/* A row for each user; where it is stands in the first one. */
static void add_cpu(Columns *columns, const VmScene *scene, const VmMap *map, guint cpu,
		    Where where)
{
	const GArray *users = map->by_cpu[cpu];
	g_autofree char *number = g_strdup_printf("%u", cpu);

	if (!users)
		columns_row(columns, where.node, where.socket, where.core, number, where.offline,
			    "(host)", "", "", "");
	for (guint i = 0; users && i < users->len; i++) {
		const VmUser *user = &g_array_index(users, VmUser, i);
		gboolean runs = user->kind != USER_OFFLINE;
		g_autofree char *thread = vm_user_text(user);
		g_autofree char *policy = runs ? vm_policy_text(vm_user_priority(user)) : NULL;

		columns_row(columns, where.node, where.socket, where.core, i ? "" : number,
			    where.offline, user->layout->vm->name, thread, policy,
			    note_of(map, cpu, user, scene->topology));
		where = again;
	}
}

/* What nobody runs on while its VM runs. */
static Cpuset idle_of(const VmMap *map, const TopologyCore *core)
{
	Cpuset idle = core->cpus;

	CPUSET_FOREACH(cpu, &core->cpus)
		if (!map->by_cpu[cpu] || vm_map_runners(map, (guint)cpu) > 0)
			cpuset_remove(&idle, (guint)cpu);
	return idle;
}

static void add_core(Columns *columns, const VmScene *scene, const VmMap *map,
		     const TopologyCore *core)
{
	g_autofree char *node = node_text(core->node);
	g_autofree char *number = number_text(core->number);
	g_autofree char *socket =
		number_text(core->package ? core->package->number : TOPOLOGY_UNKNOWN);
	Cpuset idle = idle_of(map, core), shown = core->cpus;
	g_autofree char *offline = cpulist_format(&idle);
	Where where = {node, socket, number, offline};

	cpuset_subtract(&shown, &idle);
	CPUSET_FOREACH(cpu, &shown) {
		add_cpu(columns, scene, map, (guint)cpu, where);
		where = again;
	}
}

static gboolean is_hosts(const VmMap *map, const TopologyCore *core)
{
	return !cpuset_intersects(&core->cpus, &map->used);
}

static char *list_text(const Cpuset *set, const char *what)
{
	g_autofree char *list = cpulist_format(set);

	return strlen(list) <= LIST_WIDEST ? g_steal_pointer(&list)
					   : g_strdup_printf("%u %s", cpuset_count(set), what);
}

/* The host's cores from `at` on that stand together; returns the first that does not. */
static guint add_hosts_cores(Columns *columns, const GPtrArray *cores, const VmMap *map, guint at)
{
	const TopologyCore *first = cores->pdata[at];
	g_autofree char *node = node_text(first->node);
	g_autofree char *socket =
		number_text(first->package ? first->package->number : TOPOLOGY_UNKNOWN);
	g_autofree char *core_list = NULL, *cpu_list = NULL;
	Cpuset numbers = {0}, cpus = {0};

	for (; at < cores->len; at++) {
		const TopologyCore *core = cores->pdata[at];

		if (core->node != first->node || core->package != first->package ||
		    !is_hosts(map, core))
			break;
		if (core->number >= 0 && core->number < CPUSET_CPUS)
			cpuset_add(&numbers, (guint)core->number);
		cpuset_union(&cpus, &core->cpus);
	}
	core_list = list_text(&numbers, "cores");
	cpu_list = list_text(&cpus, "CPUs");
	columns_row(columns, node, socket, *core_list ? core_list : "?", cpu_list, "", "(host)",
		    "", "", "");
	return at;
}

/* CPUs that VMs want and no core has: they are offline. */
static void add_offline(Columns *columns, const VmScene *scene, const VmMap *map)
{
	static const Where unknown = {"?", "?", "?", ""};

	CPUSET_FOREACH(cpu, &map->used) {
		const TopologyCpu *at = topology_cpu(scene->topology, (guint)cpu);

		if (at && !at->core)
			add_cpu(columns, scene, map, (guint)cpu, unknown);
	}
}

/* A row for each VM. */
static void add_absent(Columns *columns, const VmScene *scene)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = scene->layouts->pdata[i];
		Cpuset absent = layout->cpuset;
		g_autofree char *list = NULL;

		cpuset_subtract(&absent, &scene->topology->cpus);
		list = list_text(&absent, "CPUs");
		if (cpuset_next(&absent, 0) >= 0)
			columns_row(columns, "-", "-", "-", list, "", layout->vm->name, "", "",
				    "NOT ON THIS MACHINE");
	}
}

static void add_set(Columns *columns, const char *what, const Cpuset *set)
{
	g_autofree char *list = cpulist_format(set);

	columns_row(columns, what, *list ? list : "none");
}

static void add_unbound(Columns *columns, const VmScene *scene)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = scene->layouts->pdata[i];

		if (!layout->bound)
			g_string_append_printf(names, "%s%s", names->len ? ", " : "",
					       layout->vm->name);
	}
	if (names->len > 0)
		columns_row(columns, "VMs bound to no CPU", names->str);
}

static void add_sums(GString *text, const VmScene *scene, const VmMap *map)
{
	g_autoptr(Columns) columns = columns_new(2, CELL_WIDEST);
	Cpuset rt = vm_layouts_rt_cpus(scene->layouts);
	Cpuset away = scene->topology->cpus;

	cpuset_subtract(&away, &scene->topology->online);
	add_set(columns, "CPUs of real-time VMs", &rt);
	add_set(columns, "offline while they run", &map->offline);
	add_set(columns, "CPUs of the host alone", &map->host);
	add_set(columns, "offline now", &away);
	if (scene->topology->isolated_known)
		add_set(columns, "isolated by the kernel", &scene->topology->isolated);
	else
		columns_row(columns, "isolated by the kernel", "not known");
	add_unbound(columns, scene);
	columns_append(columns, text);
}

void vm_map_append(GString *text, const VmScene *scene, const VmMap *map)
{
	const GPtrArray *cores = scene->topology->cores;
	g_autoptr(Columns) columns = columns_new(N_COLUMNS, CELL_WIDEST);

	g_string_append(text, "\nCPUs when all VMs run\n");
	columns_row(columns, "Node", "Socket", "Core", "CPU", "Offline", "VM",
		    "Thread", "Policy", "");
	for (guint i = 0; i < cores->len;) {
		if (is_hosts(map, cores->pdata[i])) {
			i = add_hosts_cores(columns, cores, map, i);
		} else {
			add_core(columns, scene, map, cores->pdata[i]);
			i++;
		}
	}
	add_offline(columns, scene, map);
	add_absent(columns, scene);
	columns_append(columns, text);
	g_string_append_c(text, '\n');
	add_sums(text, scene, map);
}
