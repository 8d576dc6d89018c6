/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <unistd.h>

#include <jansson.h>

#include "escape.h"
#include "vm_stat_text.h"

/* Bytes of libvirt's or QEMU's need not be UTF-8. */
static json_t *text_json(const char *text)
{
	g_autofree char *escaped = escape_text(text, -1);

	return json_string(escaped);
}

static json_t *cpus_json(const Cpuset *cpus)
{
	g_autofree char *list = cpulist_format(cpus);

	return json_string(list);
}

static json_t *thread_json(const PlacedThread *thread)
{
	const ProcThread *seen = &thread->thread;
	double hertz = (double)MAX(sysconf(_SC_CLK_TCK), 1);
	g_autofree char *role = stat_role(thread);
	json_t *object = json_object();

	json_object_set_new(object, "tid", json_integer(seen->tid));
	json_object_set_new(object, "role", json_string(role));
	json_object_set_new(object, "name", text_json(seen->comm));
	json_object_set_new(object, "policy", json_string(proc_policy_name(seen->policy)));
	json_object_set_new(object, "priority", json_integer(seen->rt_priority));
	json_object_set_new(object, "cpus_allowed", cpus_json(&seen->allowed));
	json_object_set_new(object, "last_cpu", json_integer(seen->last_cpu));
	json_object_set_new(object, "cpu_seconds", json_real((double)seen->cpu_ticks / hertz));
	if (!thread->planned)
		return object;
	json_object_set_new(object, "wanted_policy",
			    json_string(proc_policy_name(thread->wanted_policy)));
	json_object_set_new(object, "wanted_priority", json_integer(thread->wanted_priority));
	json_object_set_new(object, "wanted_cpus", cpus_json(&thread->wanted));
	json_object_set_new(object, "in_place", json_boolean(thread->in_place));
	return object;
}

static void set_threads(json_t *object, const VmStat *stat)
{
	json_t *threads = json_array(), *broken = json_array();

	for (guint i = 0; i < stat->threads->len; i++)
		json_array_append_new(threads,
				      thread_json(&g_array_index(stat->threads, PlacedThread, i)));
	for (guint i = 0; i < stat->broken->len; i++)
		json_array_append_new(broken, text_json(stat->broken->pdata[i]));
	json_object_set_new(object, "threads", threads);
	json_object_set_new(object, "away", json_integer(stat->astray));
	json_object_set_new(object, "demonstration", broken);
}

static json_t *vm_json(const VmStat *stat)
{
	json_t *object = json_object();

	json_object_set_new(object, "name", text_json(stat->name));
	json_object_set_new(object, "uuid", json_string(stat->uuid));
	json_object_set_new(object, "configured", json_boolean(stat->vm != NULL));
	json_object_set_new(object, "state", json_string(vm_stat_state(stat)));
	json_object_set_new(object, "pid", stat->pid ? json_integer(stat->pid) : json_null());
	json_object_set_new(object, "vcpus", stat->vcpus ? json_integer(stat->vcpus) : json_null());
	json_object_set_new(object, "rt", stat->vm ? json_boolean(stat->vm->rt) : json_null());
	json_object_set_new(object, "cpus", stat->cpus ? json_string(stat->cpus) : json_null());
	json_object_set_new(object, "problem",
			    stat->problem ? text_json(stat->problem) : json_null());
	if (stat->threads)
		set_threads(object, stat);
	return object;
}

char *vm_stat_json(const GPtrArray *stats, gboolean threads)
{
	json_t *root = json_object(), *vms = json_array();
	char *dumped, *text;

	for (guint i = 0; i < stats->len; i++)
		json_array_append_new(vms, vm_json(stats->pdata[i]));
	if (threads)
		json_object_set_new(root, "in_place", json_boolean(stat_in_place(stats)));
	json_object_set_new(root, "vms", vms);
	dumped = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(10));
	text = g_strconcat(dumped, "\n", NULL);
	free(dumped);
	json_decref(root);
	return text;
}
