/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_show.h"

#include <jansson.h>
#include <stdlib.h>

#include "vm_breaches.h"
#include "vm_resolve.h"

static json_t *set_json(const Cpuset *set)
{
	g_autofree char *list = cpulist_format(set);

	return json_string(list);
}

static json_t *number_json(int number)
{
	return number == TOPOLOGY_UNKNOWN ? json_null() : json_integer(number);
}

static json_t *line_json(guint line)
{
	return line ? json_integer(line) : json_null();
}

static json_t *key_json(const VmLayout *layout, VmKey key)
{
	g_auto(VmResolved) resolved = {NULL};

	vm_resolve(layout, key, &resolved);
	return json_pack("{s:s?, s:o, s:b, s:s?}", "value", resolved.value, "line",
			 line_json(layout->vm->lines[key]), "auto", resolved.is_auto, "why",
			 resolved.why);
}

static json_t *keys_json(const VmLayout *layout)
{
	json_t *keys = json_object();

	for (VmKey key = 0; key < VM_KEYS; key++)
		json_object_set_new(keys, vm_keys[key].name, key_json(layout, key));
	return keys;
}

static json_t *thread_json(const char *thread, const Cpuset *cpus, guint priority)
{
	return json_pack("{s:s, s:o, s:s, s:i}", "thread", thread, "cpus", set_json(cpus), "policy",
			 priority ? "SCHED_FIFO" : "SCHED_OTHER", "priority", (int)priority);
}

static json_t *vcpu_json(const VmLayout *layout, guint vcpu)
{
	VmUser user = {layout, USER_VCPU, vcpu};
	g_autofree char *name = vm_user_text(&user);
	json_t *thread = thread_json(name, &layout->vcpus[vcpu], layout->priorities[vcpu]);

	json_object_set_new(thread, "vcpu", json_integer(vcpu));
	json_object_set_new(thread, "real_time",
			    json_boolean(cpuset_contains(&layout->guest_rt, vcpu)));
	json_object_set_new(thread, "shares_cpu", json_boolean(layout->shares[vcpu]));
	return thread;
}

static json_t *threads_json(const VmLayout *layout)
{
	json_t *threads = json_array();

	json_array_append_new(threads, thread_json("emulator", &layout->emulator,
						   layout->emulator_priority));
	for (guint i = 0; i < layout->n_vcpus; i++)
		json_array_append_new(threads, vcpu_json(layout, i));
	return threads;
}

static json_t *vm_json(const VmLayout *layout)
{
	return json_pack("{s:s, s:s, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "uuid",
			 layout->vm->uuid, "name", layout->vm->name, "line",
			 line_json(layout->vm->line), "real_time", layout->vm->rt, "bound",
			 layout->bound, "keys", keys_json(layout), "uses_cpus",
			 set_json(&layout->cpuset), "owns_cpus", set_json(&layout->owned),
			 "offline_cpus", set_json(&layout->offline), "cpu_nodes",
			 set_json(&layout->cpu_nodes), "threads", threads_json(layout));
}

static json_t *users_json(const GArray *users)
{
	json_t *list = json_array();

	for (guint i = 0; users && i < users->len; i++) {
		const VmUser *user = &g_array_index(users, VmUser, i);
		g_autofree char *thread = vm_user_text(user);

		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "uuid",
						      user->layout->vm->uuid, "name",
						      user->layout->vm->name, "thread", thread));
	}
	return list;
}

static json_t *cpu_json(const VmScene *scene, const VmMap *map, guint cpu)
{
	const TopologyCpu *at = topology_cpu(scene->topology, cpu);

	return json_pack("{s:i, s:b, s:o, s:o, s:o, s:o}", "cpu", (int)cpu, "online", at->online,
			 "node", at->node ? json_integer(at->node->number) : json_null(), "socket",
			 number_json(at->package ? at->package->number : TOPOLOGY_UNKNOWN), "core",
			 number_json(at->core ? at->core->number : TOPOLOGY_UNKNOWN),
			 "users", users_json(map->by_cpu[cpu]));
}

static json_t *cpus_json(const VmScene *scene, const VmMap *map)
{
	json_t *list = json_array();

	CPUSET_FOREACH(cpu, &scene->topology->cpus)
		json_array_append_new(list, cpu_json(scene, map, (guint)cpu));
	return list;
}

char *vm_show_json(const VmScene *scene)
{
	g_autoptr(VmMap) map = vm_map_new(scene->layouts, scene->topology);
	json_t *vms = json_array();
	json_t *whole;
	Cpuset absent = map->used;
	Cpuset rt = vm_layouts_rt_cpus(scene->layouts);
	g_autofree char *path = g_utf8_make_valid(scene->configs->path, -1);
	char *dump, *text;

	cpuset_subtract(&absent, &scene->topology->cpus);
	for (guint i = 0; i < scene->selected->len; i++)
		json_array_append_new(
			vms, vm_json(vm_layout_find(scene->layouts, scene->selected->pdata[i])));
	whole = json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "config", path, "demonstration",
			  scene->demonstration, "vms", vms, "cpus", cpus_json(scene, map),
			  "real_time_cpus", set_json(&rt), "offline_cpus", set_json(&map->offline),
			  "host_cpus", set_json(&map->host), "absent_cpus", set_json(&absent), "breaches",
			  breaches_json(scene->breaches));
	dump = json_dumps(whole, JSON_INDENT(2));
	json_decref(whole);
	text = g_strconcat(dump, "\n", NULL);
	free(dump);
	return text;
}
