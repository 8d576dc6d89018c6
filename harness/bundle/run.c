/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run.h"

#include <string.h>

#include "run_fields.h"

static const struct {
	const char *name;
	int exit_status;
} results[] = {
	[RESULT_PASS] = {"PASS", 0},
	[RESULT_FAIL] = {"FAIL", 2},
	[RESULT_INCONCLUSIVE] = {"INCONCLUSIVE", 3},
};

const char *result_name(Result result)
{
	return results[result].name;
}

int result_exit_status(Result result)
{
	return results[result].exit_status;
}

static void objects_free(const ObjectType *type, GPtrArray *objects)
{
	for (guint i = 0; objects && i < objects->len; i++) {
		run_object_clear(type, objects->pdata[i]);
		g_free(objects->pdata[i]);
	}
	g_clear_pointer(&objects, g_ptr_array_unref);
}

static void values_free(const ObjectType *type, GArray *values)
{
	for (guint i = 0; values && i < values->len; i++)
		run_object_clear(type, values->data + i * type->size);
	g_clear_pointer(&values, g_array_unref);
}

void run_object_init(const ObjectType *type, gpointer object)
{
	for (const Field *f = type->fields; f->key; f++) {
		switch (f->kind) {
		case FIELD_TEXTS:
			FIELD_MEMBER(GPtrArray *, object, f) =
				g_ptr_array_new_with_free_func(g_free);
			break;
		case FIELD_OBJECTS:
			FIELD_MEMBER(GPtrArray *, object, f) = g_ptr_array_new();
			break;
		case FIELD_VALUES:
			FIELD_MEMBER(GArray *, object, f) =
				g_array_new(FALSE, TRUE, (guint)f->type->size);
			break;
		case FIELD_OBJECT:
			run_object_init(f->type, (char *)object + f->offset);
			break;
		default:
			break;
		}
	}
}

void run_object_clear(const ObjectType *type, gpointer object)
{
	for (const Field *f = type->fields; f->key; f++) {
		switch (f->kind) {
		case FIELD_NAME:
		case FIELD_TEXT:
		case FIELD_KNOWN:
			g_clear_pointer(&FIELD_MEMBER(char *, object, f), g_free);
			break;
		case FIELD_ARGV:
			g_clear_pointer(&FIELD_MEMBER(char **, object, f), g_strfreev);
			break;
		case FIELD_TEXTS:
			g_clear_pointer(&FIELD_MEMBER(GPtrArray *, object, f),
					g_ptr_array_unref);
			break;
		case FIELD_OBJECTS:
			objects_free(f->type, FIELD_MEMBER(GPtrArray *, object, f));
			FIELD_MEMBER(GPtrArray *, object, f) = NULL;
			break;
		case FIELD_VALUES:
			values_free(f->type, FIELD_MEMBER(GArray *, object, f));
			FIELD_MEMBER(GArray *, object, f) = NULL;
			break;
		case FIELD_OBJECT:
			run_object_clear(f->type, (char *)object + f->offset);
			break;
		default:
			break;
		}
	}
}

gpointer run_object_new(const ObjectType *type)
{
	gpointer object = g_malloc0(type->size);

	run_object_init(type, object);
	return object;
}

Run *run_new(void)
{
	Run *run = run_object_new(&run_type);

	run->verdict.result = RESULT_INCONCLUSIVE;
	run->timing.image_ms = -1;
	run->timing.boot_ms = -1;
	run->timing.start_to_first_sample_ms = -1;
	run->timing.total_ms = -1;
	return run;
}

void run_free(Run *run)
{
	if (!run)
		return;
	run_object_clear(&run_type, run);
	g_free(run);
}

static gpointer add(GPtrArray *array, const ObjectType *type)
{
	gpointer object = run_object_new(type);

	g_ptr_array_add(array, object);
	return object;
}

RunVm *run_add_vm(Run *run, const char *name)
{
	RunVm *vm = add(run->vms, &run_vm_type);

	vm->id = g_strdup_printf("vm%u", run->vms->len);
	vm->name = g_strdup(name);
	return vm;
}

RunStage *run_add_stage(Run *run, const char *name)
{
	RunStage *stage = add(run->stages, &run_stage_type);

	stage->name = g_strdup(name);
	return stage;
}

RunMeasured *run_stage_add_vm(RunStage *stage, const RunVm *vm)
{
	RunMeasured *measured = add(stage->vms, &run_measured_type);

	measured->vm = g_strdup(vm->id);
	return measured;
}

RunThread *run_add_thread(RunMeasured *measured, guint vcpu)
{
	RunThread *thread = add(measured->threads, &run_thread_type);

	thread->vcpu = vcpu;
	return thread;
}

static void free_place(gpointer data)
{
	run_object_clear(&run_place_type, data);
	g_free(data);
}

GPtrArray *run_places_new(void)
{
	return g_ptr_array_new_with_free_func(free_place);
}

RunPlace *run_add_place(GPtrArray *places, const char *role)
{
	RunPlace *place = add(places, &run_place_type);

	place->role = g_strdup(role);
	return place;
}

RunLoad *run_add_load(Run *run, const char *name, const char *stage)
{
	RunLoad *load = add(run->loads, &run_load_type);

	load->name = g_strdup(name);
	load->stage = g_strdup(stage);
	return load;
}

RunTuned *run_tuning_add(RunTuning *tuning, const char *row)
{
	RunTuned *tuned = add(tuning->rows, &run_tuned_type);

	tuned->row = g_strdup(row);
	return tuned;
}

gboolean run_tuned_in_force(const RunTuned *tuned)
{
	static const char *const states[] = {"made", "held", "in force", NULL};

	return tuned->state && g_strv_contains(states, tuned->state);
}

RunLimit *run_verdict_add_limit(RunVerdict *verdict)
{
	return add(verdict->limits, &run_limit_type);
}

void run_verdict_reset(RunVerdict *verdict)
{
	run_object_clear(&run_verdict_type, verdict);
	run_object_init(&run_verdict_type, verdict);
	verdict->result = RESULT_INCONCLUSIVE;
}

void run_canary_reset(RunCanary *canary)
{
	guint attempts = canary->attempts;

	run_object_clear(&run_canary_type, canary);
	*canary = (RunCanary){.attempts = attempts};
	run_object_init(&run_canary_type, canary);
}

void run_deviate(Run *run, const RunVm *vm, const char *format, ...)
{
	RunDeviation *deviation = add(run->deviations, &run_deviation_type);
	va_list args;

	deviation->vm = g_strdup(vm ? vm->id : NULL);
	va_start(args, format);
	deviation->text = g_strdup_vprintf(format, args);
	va_end(args);
}

void run_note(GPtrArray *strings, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(strings, g_strdup_vprintf(format, args));
	va_end(args);
}

const RunVm *run_find_vm(const Run *run, const char *id)
{
	for (guint i = 0; id && i < run->vms->len; i++)
		if (strcmp(((const RunVm *)run->vms->pdata[i])->id, id) == 0)
			return run->vms->pdata[i];
	return NULL;
}

const RunMeasured *run_find_measured(const RunStage *stage, const RunVm *vm)
{
	for (guint i = 0; i < stage->vms->len; i++)
		if (strcmp(((const RunMeasured *)stage->vms->pdata[i])->vm, vm->id) == 0)
			return stage->vms->pdata[i];
	return NULL;
}

gboolean run_is_demonstration(const Run *run)
{
	for (guint i = 0; i < run->vms->len; i++)
		if (((const RunVm *)run->vms->pdata[i])->plan.demonstration)
			return TRUE;
	return FALSE;
}

gboolean run_is_emulated(const Run *run)
{
	for (guint i = 0; i < run->vms->len; i++) {
		const RunVm *vm = run->vms->pdata[i];

		if (vm->rt && g_strcmp0(vm->accel, "tcg") == 0)
			return TRUE;
	}
	return FALSE;
}

const char *run_vm_name(const RunVm *vm)
{
	return vm->name ? vm->name : vm->id;
}

char *run_whose(const Run *run, const RunVm *vm)
{
	return vm && run->vms->len > 1 ? g_strdup_printf("VM %s: ", run_vm_name(vm))
				       : g_strdup("");
}

char *run_vm_path(const RunVm *vm, const char *top, const char *rest)
{
	return g_strjoin("/", top, vm->uuid ? vm->id : rest, vm->uuid ? rest : NULL, NULL);
}
