/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_map.h"

static void add_users(VmMap *map, const Topology *topology, const Cpuset *cpus, VmUser user)
{
	CPUSET_FOREACH(cpu, cpus) {
		if (!topology_cpu(topology, (guint)cpu))
			continue;
		if (!map->by_cpu[cpu])
			map->by_cpu[cpu] = g_array_new(FALSE, FALSE, sizeof(VmUser));
		g_array_append_val(map->by_cpu[cpu], user);
	}
	cpuset_union(&map->used, cpus);
}

static void add_layout(VmMap *map, const Topology *topology, const VmLayout *layout)
{
	add_users(map, topology, &layout->emulator, (VmUser){layout, USER_EMULATOR, 0});
	for (guint i = 0; i < layout->n_vcpus; i++)
		add_users(map, topology, &layout->vcpus[i], (VmUser){layout, USER_VCPU, i});
	add_users(map, topology, &layout->offline, (VmUser){layout, USER_OFFLINE, 0});
	cpuset_union(&map->offline, &layout->offline);
}

VmMap *vm_map_new(const GPtrArray *layouts, const Topology *topology)
{
	VmMap *map = g_new0(VmMap, 1);

	for (guint i = 0; i < layouts->len; i++)
		add_layout(map, topology, layouts->pdata[i]);
	map->host = topology->online;
	cpuset_subtract(&map->host, &map->used);
	return map;
}

void vm_map_free(VmMap *map)
{
	if (!map)
		return;
	for (guint cpu = 0; cpu < CPUSET_CPUS; cpu++)
		if (map->by_cpu[cpu])
			g_array_unref(map->by_cpu[cpu]);
	g_free(map);
}

guint vm_map_runners(const VmMap *map, guint cpu)
{
	const GArray *users = map->by_cpu[cpu];
	guint n = 0;

	for (guint i = 0; users && i < users->len; i++)
		n += g_array_index(users, VmUser, i).kind != USER_OFFLINE;
	return n;
}

char *vm_user_text(const VmUser *user)
{
	switch (user->kind) {
	case USER_EMULATOR:
		return g_strdup("emulator");
	case USER_OFFLINE:
		return g_strdup("offline");
	case USER_VCPU:
		break;
	}
	return g_strdup_printf("vCPU %u", user->vcpu);
}

char *vm_policy_text(guint priority)
{
	return priority ? g_strdup_printf("SCHED_FIFO %u", priority) : g_strdup("SCHED_OTHER");
}

guint vm_user_priority(const VmUser *user)
{
	return user->kind == USER_VCPU ? user->layout->priorities[user->vcpu]
				       : user->layout->emulator_priority;
}
