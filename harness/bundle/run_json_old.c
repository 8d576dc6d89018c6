/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run_json_old.h"

#include <string.h>

#include "run.h"

/* The id of the only VM. */
#define ONLY "vm1"

/* FALSE when `to` has it already: a document of that format has not. */
static gboolean move(json_t *from, json_t *to, const char *key, const char *as)
{
	json_t *value = json_object_get(from, key);

	if (!value)
		return TRUE;
	if (json_object_get(to, as))
		return FALSE;
	json_object_set(to, as, value);
	json_object_del(from, key);
	return TRUE;
}

static gboolean move_all(json_t *from, json_t *to, const char *const *keys)
{
	for (; *keys; keys++)
		if (!move(from, to, *keys, *keys))
			return FALSE;
	return TRUE;
}

static gboolean put(json_t *object, const char *key, json_t *value)
{
	gboolean free_place = json_is_object(object) && !json_object_get(object, key);

	if (free_place)
		json_object_set_new(object, key, value);
	else
		json_decref(value);
	return free_place;
}

/* {"host": ..., "guest": ...} -> the host's stays, the guest's goes to its VM. */
static gboolean split_watch(json_t *stage, json_t *measured)
{
	json_t *both = json_incref(json_object_get(stage, "watch"));
	gboolean done = TRUE;

	if (json_is_object(both)) {
		done = move(both, measured, "guest", "watch") && json_object_size(both) <= 1;
		json_object_del(stage, "watch");
		done = done && move(both, stage, "host", "watch") && json_object_size(both) == 0;
	}
	json_decref(both);
	return done;
}

static gboolean convert_stage(json_t *stage)
{
	static const char *const keys[] = {"tool", "threads", "places", NULL};
	json_t *measured;

	if (!json_is_object(stage))
		return TRUE;
	measured = json_pack("{s:s}", "vm", ONLY);
	if (!move_all(stage, measured, keys) || !split_watch(stage, measured)) {
		json_decref(measured);
		return FALSE;
	}
	return put(stage, "vms", json_pack("[o]", measured));
}

/* A plan pinned each vCPU to one CPU, and gave QEMU's main thread no priority. */
static gboolean convert_plan(json_t *plan)
{
	json_t *vcpus = json_object_get(plan, "vcpus"), *vcpu;
	size_t i;

	if (!json_is_object(plan))
		return TRUE;
	json_array_foreach(vcpus, i, vcpu)
		if (json_is_object(vcpu) &&
		    !put(vcpu, "cpus",
			 json_sprintf("%" JSON_INTEGER_FORMAT,
				      json_integer_value(json_object_get(vcpu, "cpu")))))
			return FALSE;
	return put(plan, "emulator_priority", json_integer(0));
}

static gboolean take_vm(json_t *json, json_t *vm)
{
	static const char *const of_guest[] = {"name", "uuid", "accel", "accel_reason",
					       "memory_locked", NULL};
	static const char *const of_run[] = {"guest", "plan", "canary", NULL};
	json_t *guest = json_object_get(json, "guest");
	json_t *versions = json_object_get(json, "versions");

	if (!convert_plan(json_object_get(json, "plan")) || !move_all(guest, vm, of_guest) ||
	    !move(versions, vm, "agent", "agent") || !move_all(json, vm, of_run))
		return FALSE;
	/* It repeats the guest's own. A host was given neither. */
	json_object_del(versions, "guest_kernel");
	json_object_del(json_object_get(json, "host"), "uuid");
	json_object_del(json_object_get(json, "host"), "name");
	/* Never filled in, and now what tells a configured VM. */
	return json_object_set_new(vm, "uuid", json_null()) == 0;
}

static gboolean name_vm(json_t *array, gboolean is_findings)
{
	json_t *element;
	size_t i;

	json_array_foreach(array, i, element) {
		const char *scope = json_string_value(json_object_get(element, "scope"));
		gboolean of_host = is_findings && g_strcmp0(scope, "host") == 0;

		if (json_is_object(element) &&
		    !put(element, "vm", of_host ? json_null() : json_string(ONLY)))
			return FALSE;
	}
	return TRUE;
}

/* Sentences: whom they are about, nobody wrote down. */
static void convert_deviations(json_t *deviations)
{
	json_t *element;
	size_t i;

	json_array_foreach(deviations, i, element)
		if (json_is_string(element))
			json_array_set_new(deviations, i,
					   json_pack("{s:n, s:O}", "vm", "text", element));
}

/* The first documents had none. */
static void add_tuning(json_t *json)
{
	if (!json_object_get(json, "tuning"))
		json_object_set_new(json, "tuning",
				    json_pack("{s:n, s:n, s:n, s:n, s:n, s:[], s:n, s:[]}", "how",
					      "by", "why", "cpus", "cpu_dma_latency", "rows",
					      "put_back", "left"));
}

static gboolean convert(json_t *json)
{
	json_t *vm = json_pack("{s:s, s:b}", "id", ONLY, "rt", 1);
	json_t *stages = json_object_get(json, "stages"), *stage;
	size_t i;

	if (!take_vm(json, vm)) {
		json_decref(vm);
		return FALSE;
	}
	if (!put(json, "vms", json_pack("[o]", vm)))
		return FALSE;
	json_array_foreach(stages, i, stage)
		if (!convert_stage(stage))
			return FALSE;
	if (!name_vm(json_object_get(json, "findings"), TRUE) ||
	    !name_vm(json_object_get(json_object_get(json, "verdict"), "limits"), FALSE))
		return FALSE;
	convert_deviations(json_object_get(json, "deviations"));
	add_tuning(json);
	return json_object_set_new(json, "schema", json_string(RUN_SCHEMA)) == 0;
}

gboolean run_json_convert(json_t *json, char **ret_what)
{
	const char *schema = json_string_value(json_object_get(json, "schema"));

	if (g_strcmp0(schema, RUN_SCHEMA_1) != 0 || convert(json))
		return TRUE;
	*ret_what = g_strdup_printf("it says '%s' and has keys of '%s'", RUN_SCHEMA_1, RUN_SCHEMA);
	return FALSE;
}
