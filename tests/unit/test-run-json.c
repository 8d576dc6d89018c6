/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "error.h"
#include "run.h"
#include "run_fields.h"
#include "tree.h"

/* ---- a run with something different in every field ---- */

static void fill(const ObjectType *type, gpointer object, guint *counter);

static void fill_array(const Field *f, gpointer object, guint *counter)
{
	GPtrArray *objects = FIELD_MEMBER(GPtrArray *, object, f);
	GArray *values = FIELD_MEMBER(GArray *, object, f);

	for (guint i = 0; i < 2; i++) {
		if (f->kind == FIELD_TEXTS) {
			run_note(objects, "%s %u \"\\\n\x01 ≤", f->key, (*counter)++);
		} else if (f->kind == FIELD_OBJECTS) {
			g_ptr_array_add(objects, run_object_new(f->type));
			fill(f->type, objects->pdata[i], counter);
		} else {
			g_array_set_size(values, i + 1);
			fill(f->type, values->data + i * f->type->size, counter);
		}
	}
}

static void fill_field(const Field *f, gpointer object, guint *counter)
{
	guint n = ++*counter;

	switch (f->kind) {
	case FIELD_CONSTANT:
		break;
	case FIELD_NAME:
	case FIELD_TEXT:
		FIELD_MEMBER(char *, object, f) = g_strdup_printf("%s %u", f->key, n);
		break;
	case FIELD_KNOWN:
		FIELD_MEMBER(char *, object, f) = g_strdup(n % 2 ? "yes" : "no");
		break;
	case FIELD_ARGV:
		FIELD_MEMBER(char **, object, f) = g_strsplit("one,two three,", ",", -1);
		break;
	case FIELD_UINT:
		FIELD_MEMBER(guint, object, f) = n % 3 ? n : G_MAXUINT;
		break;
	case FIELD_COUNT:
		FIELD_MEMBER(guint64, object, f) = n % 3 ? n : JSON_INTEGER_MAX;
		break;
	case FIELD_SIGNED:
		FIELD_MEMBER(gint64, object, f) = n % 3 ? -(gint64)n : -JSON_INTEGER_MAX;
		break;
	case FIELD_EXIT:
		FIELD_MEMBER(int, object, f) = n % 2 ? -15 : 255;
		break;
	case FIELD_BOOL:
		FIELD_MEMBER(gboolean, object, f) = n % 2;
		break;
	case FIELD_SECONDS:
		FIELD_MEMBER(double, object, f) = n + 0.1;
		break;
	case FIELD_RESULT:
		FIELD_MEMBER(Result, object, f) = RESULT_FAIL;
		break;
	case FIELD_STATUS:
		FIELD_MEMBER(FindingStatus, object, f) = n % FINDING_STATUSES;
		break;
	case FIELD_SEVERITY:
		FIELD_MEMBER(FindingSeverity, object, f) = n % FINDING_SEVERITIES;
		break;
	case FIELD_OBJECT:
		fill(f->type, (char *)object + f->offset, counter);
		break;
	case FIELD_TEXTS:
	case FIELD_OBJECTS:
	case FIELD_VALUES:
		fill_array(f, object, counter);
		break;
	}
}

static void fill(const ObjectType *type, gpointer object, guint *counter)
{
	for (const Field *f = type->fields; f->key; f++)
		fill_field(f, object, counter);
}

static Run *full_run(void)
{
	Run *run = run_new();
	guint counter = 0;

	fill(&run_type, run, &counter);
	for (guint i = 0; i < run->vms->len; i++) {
		RunVm *vm = run->vms->pdata[i];

		g_free(vm->id);
		vm->id = g_strdup_printf("vm%u", i + 1);
	}
	return run;
}

static char *full_json(void)
{
	g_autoptr(Run) run = full_run();

	return run_to_json(run);
}

static void test_round_trip(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *first = full_json();
	g_autoptr(Run) run = run_from_json(first, strlen(first), &error);
	g_autofree char *second = NULL;
	const RunMeasured *measured;

	(void)state;
	if (!run)
		fail_msg("%s", error->message);
	second = run_to_json(run);
	assert_string_equal(first, second);
	assert_int_equal(first[strlen(first) - 1], '\n');
	assert_int_equal(run->verdict.result, RESULT_FAIL);
	measured = ((RunStage *)run->stages->pdata[1])->vms->pdata[1];
	assert_int_equal(measured->threads->len, 2);
	assert_string_equal(measured->tool_argv[1], "two three");
	assert_null(measured->tool_argv[3]);
}

static void test_empty_run(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Run) empty = run_new();
	g_autofree char *first = run_to_json(empty);
	g_autoptr(Run) run = run_from_json(first, strlen(first), &error);
	g_autofree char *second = NULL;

	(void)state;
	if (!run)
		fail_msg("%s", error->message);
	second = run_to_json(run);
	assert_string_equal(first, second);
	assert_int_equal(run->verdict.result, RESULT_INCONCLUSIVE);
	assert_null(run->interrupted);
	assert_null(run->profile.overrides);
	assert_string_equal(run->host.realtime, "unknown");
	assert_int_equal(run->timing.boot_ms, -1);
}

/* What comes from a guest may be no UTF-8, and what comes from a clock no number. */
static void test_odd_values(void **state)
{
	g_autoptr(Run) run = run_new();
	g_autoptr(Run) back = NULL;
	g_autofree char *json = NULL;
	RunLoad *load = run_add_load(run, "cpu", "loaded");
	RunVm *vm = run_add_vm(run, "a");

	(void)state;
	vm->guest.cmdline = g_strdup("quiet \xff\033[31m");
	vm->guest.hostname = g_strdup("plain \033[31m");
	load->cpu_seconds = NAN;
	json = run_to_json(run);
	back = run_from_json(json, strlen(json), NULL);
	assert_non_null(back);
	vm = back->vms->pdata[0];
	assert_string_equal(vm->guest.cmdline, "quiet \\xff\\x1b[31m");
	assert_string_equal(vm->guest.hostname, "plain \033[31m");
	assert_true(((RunLoad *)back->loads->pdata[0])->cpu_seconds == 0.0);
}

/* A count that JSON readers would round is refused on the way back in. */
static void test_huge_count(void **state)
{
	g_autoptr(Run) run = run_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *json = NULL;

	(void)state;
	run_add_stage(run, "loaded")->duration_s = G_MAXUINT64;
	json = run_to_json(run);
	assert_null(run_from_json(json, strlen(json), &error));
	assert_string_equal(error->message,
			    "run.json: stages[0].duration_s: 9223372036854775807 is not from 0 to "
			    "9007199254740992");
}

/* ---- names that others rely on ---- */

static const char *const promised[] = {
	"schema",
	"verdict.result",
	"verdict.reasons",
	"profile",
	"host",
	"vms.0.guest.kernel_version",
	"vms.0.guest.realtime",
	"vms.0.guest.cmdline",
	"vms.0.guest.clocksource",
	"vms.0.accel",
	"vms.0.id",
	"vms.0.name",
	"vms.0.uuid",
	"vms.0.rt",
	"vms.0.plan",
	"vms.0.canary.attempts",
	"vms.0.canary.vcpu",
	"vms.0.canary.method",
	"vms.0.canary.size_ns",
	"vms.0.canary.held_ns",
	"vms.0.canary.seen",
	"vms.0.canary.right",
	"vms.0.canary.quiet.threads.0.max_ns",
	"vms.0.canary.held.threads.0.max_ns",
	"vms.0.canary.held.tool.raw_json",
	"stages.0.name",
	"stages.0.where",
	"stages.0.loads",
	"stages.0.planned_samples",
	"stages.0.vms.0.vm",
	"stages.0.vms.0.tool.raw_json",
	"stages.0.vms.0.places",
	"stages.0.vms.0.watch",
	"stages.0.watch",
	"findings.0.vm",
	"deviations.0.vm",
	"verdict.limits.0.vm",
	"stages.0.vms.0.threads.0.vcpu",
	"stages.0.vms.0.threads.0.policy",
	"stages.0.vms.0.threads.0.priority",
	"stages.0.vms.0.threads.0.locked",
	"stages.0.vms.0.threads.0.samples",
	"stages.0.vms.0.threads.0.overruns",
	"stages.0.vms.0.threads.0.min_ns",
	"stages.0.vms.0.threads.0.avg_ns",
	"stages.0.vms.0.threads.0.max_ns",
	"stages.0.vms.0.threads.0.overflow",
	"stages.0.vms.0.threads.0.histogram.bucket_ns",
	"stages.0.vms.0.threads.0.histogram.file",
	"stages.0.vms.0.threads.0.histogram.sha256",
	"tuning.how",
	"tuning.by",
	"tuning.why",
	"tuning.cpus",
	"tuning.rows.0.row",
	"tuning.rows.0.place",
	"tuning.rows.0.was",
	"tuning.rows.0.then",
	"tuning.rows.0.now",
	"tuning.rows.0.state",
	"tuning.rows.0.why",
	"tuning.put_back",
	"tuning.left",
	"loads.0.name",
	"loads.0.argv",
	"loads.0.cpus",
	"loads.0.cpu_seconds",
	"loads.0.exit",
	"timing.image_ms",
	"timing.boot_ms",
	"timing.start_to_first_sample_ms",
	"timing.total_ms",
	"versions",
};

static const json_t *walk(const json_t *json, const char *path)
{
	g_auto(GStrv) steps = g_strsplit(path, ".", -1);

	for (char **step = steps; *step && json; step++)
		json = g_ascii_isdigit(**step) ? json_array_get(json, (gsize)(**step - '0'))
					       : json_object_get(json, *step);
	return json;
}

static void test_promised_names(void **state)
{
	g_autofree char *text = full_json();
	json_t *json = json_loads(text, 0, NULL);

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(promised); i++)
		if (!walk(json, promised[i]))
			fail_msg("run.json has no %s", promised[i]);
	assert_string_equal(json_string_value(json_object_get(json, "schema")), RUN_SCHEMA);
	assert_true(json_is_boolean(walk(json, "vms.0.guest.realtime")));
	json_decref(json);
}

/* ---- documents that are refused, by the reader and by the schema ---- */

static const struct {
	const char *from, *to; /* in a full document */
	const char *error;
	gboolean schema_too; /* FALSE: no JSON schema can say it */
} bad[] = {
	{"\"schema\": \"lathe-run/2\"", "\"schema\": \"lathe-run/3\"",
	 "run.json: schema: 'lathe-run/3' is not known; this lathe reads 'lathe-run/2'", TRUE},
	/* One of the older format has no VMs. */
	{"\"schema\": \"lathe-run/2\"", "\"schema\": \"lathe-run/1\"",
	 "run.json: it says 'lathe-run/1' and has keys of 'lathe-run/2'", TRUE},
	{"\"schema\": \"lathe-run/2\"", "\"schema\": 1",
	 "run.json: schema: 'no string' is not known", TRUE},
	{"\"id\": \"vm1\"", "\"id\": \"../vm1\"", "run.json: vms[0].id: not 'vm1'", FALSE},
	{"\"id\": \"vm2\"", "\"id\": \"vm1\"", "run.json: vms[1].id: not 'vm2'", FALSE},
	{"\"schema\": \"lathe-run/2\",", "", "run.json: schema: missing", TRUE},
	{"\"schema\":", "\"extra\": 1, \"schema\":", "run.json: extra: unknown key", TRUE},
	{"\"result\": \"FAIL\"", "\"result\": \"OK\"",
	 "run.json: verdict.result: not PASS, FAIL or INCONCLUSIVE", TRUE},
	{"\"result\": \"FAIL\"", "\"result\": \"FAIL\", \"result\": \"PASS\"",
	 "duplicate object key", FALSE},
	{"\"samples\": ", "\"samples\": -", "run.json: vms[0].canary.quiet.threads[0].samples: -", TRUE},
	{"\"samples\": ", "\"samples\": 0.5, \"x\": ",
	 "run.json: vms[0].canary.quiet.threads[0].samples: not an integer", TRUE},
	{"\"samples\": ", "\"samples\": 9007199254740993, \"x\": ",
	 "samples: 9007199254740993 is not from 0 to 9007199254740992", TRUE},
	{"\"samples\": ", "\"samples\": 99999999999999999999, \"x\": ", "too big integer", TRUE},
	{"\"samples\": ", "\"samples\": 1e3, \"x\": ", "samples: not an integer", TRUE},
	{"\"samples\": ", "\"samples\": \"7\", \"x\": ", "samples: not an integer", TRUE},
	{"\"samples\": ", "\"samples\": true, \"x\": ", "samples: not an integer", TRUE},
	{"\"samples\": ", "\"samples\": null, \"x\": ", "samples: not an integer", TRUE},
	{"\"samples\": ", "\"sample\": ", "canary.quiet.threads[0].samples: missing", TRUE},
	{"\"priority\": ", "\"priority\": 4294967296, \"x\": ",
	 "priority: 4294967296 is not from 0 to 4294967295", TRUE},
	{"\"exit\": ", "\"exit\": 256, \"x\": ", "exit: 256 is not from -255 to 255", TRUE},
	{"\"locked\": ", "\"locked\": 1, \"x\": ", "locked: not true or false", TRUE},
	{"\"realtime\": ", "\"realtime\": \"yes\", \"x\": ",
	 "run.json: host.realtime: not true, false or null", TRUE},
	{"\"cpu_seconds\": ", "\"cpu_seconds\": -1.5, \"x\": ",
	 "run.json: loads[0].cpu_seconds: not a number from 0", TRUE},
	{"\"cpu_seconds\": ", "\"cpu_seconds\": 1e999, \"x\": ", "real number overflow", FALSE},
	{"\"reasons\": [", "\"reasons\": [null, ", "run.json: verdict.reasons[0]: not a string", TRUE},
	{"\"reasons\": [", "\"reasons\": {}, \"x\": [", "run.json: verdict.reasons: not an array", TRUE},
	{"\"argv\": [", "\"argv\": [1, ", "argv[0]: not a string", TRUE},
	{"\"limits\": [", "\"limits\": [7, ", "run.json: verdict.limits[0]: not an object", TRUE},
	{"\"vcpus\": [", "\"vcpus\": [[], ", "run.json: vms[0].plan.vcpus[0]: not an object", TRUE},
	{"\"timing\": {", "\"timing\": [], \"x\": {", "run.json: timing: not an object", TRUE},
	{"\"name\": \"name", "\"name\": \"a\\u0000b", "\\u0000 is not allowed", FALSE},
	{"\"tuning\": {", "\"tuning\": [], \"x\": {", "run.json: tuning: not an object", TRUE},
	{"\"put_back\": ", "\"put\": ", "run.json: tuning.rows[0].put_back: missing", TRUE},
	{"\"stages\": [", "\"stages\": [", NULL, TRUE}, /* unchanged: read */
};

static char *spoilt(const char *text, gsize i)
{
	GString *changed = g_string_new(text);

	assert_non_null(strstr(text, bad[i].from));
	g_string_replace(changed, bad[i].from, bad[i].to, 1);
	return g_string_free(changed, FALSE);
}

static void test_refused(void **state)
{
	g_autofree char *text = full_json();

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *changed = spoilt(text, i);
		g_autoptr(GError) error = NULL;
		g_autoptr(Run) run = run_from_json(changed, strlen(changed), &error);

		if (!bad[i].error) {
			assert_non_null(run);
			continue;
		}
		if (run || !strstr(error->message, bad[i].error))
			fail_msg("%s: %s, wanted %s", bad[i].to,
				 run ? "read" : error->message, bad[i].error);
		assert_int_equal(error->code, LATHE_ERROR_INPUT);
	}
}

static void test_garbage(void **state)
{
	static const char *const texts[] = {
		"", "\n", "null", "[]", "1", "\"x\"", "{", "{}}", "{} {}", "\xff", "{\"a\": \xff}",
	};
	g_autofree char *deep = g_strnfill(100000, '[');
	g_autofree char *huge = g_strnfill((16u << 20) + 1, ' ');
	g_autofree char *text = full_json();
	g_autoptr(GError) error = NULL;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		assert_null(run_from_json(texts[i], strlen(texts[i]), &error));
		assert_true(g_str_has_prefix(error->message, "run.json: "));
		g_clear_error(&error);
	}
	assert_null(run_from_json(deep, strlen(deep), NULL));
	assert_null(run_from_json(huge, strlen(huge), &error));
	assert_string_equal(error->message, "run.json: larger than 16777216 bytes");
	/* Cut anywhere, it is refused: the last byte is only the newline. */
	for (gsize length = 0; length + 1 < strlen(text); length += 97)
		assert_null(run_from_json(text, length, NULL));
}

/* ---- the schema ---- */

static char *schema_path(void)
{
	return g_build_filename(g_getenv("TESTS"), "..", "harness", "bundle", "run.schema.json",
				NULL);
}

static void test_schema_is_current(void **state)
{
	g_autofree char *path = schema_path();
	g_autofree char *current = run_schema_json();
	g_autofree char *stored = NULL;

	(void)state;
	if (g_getenv("UPDATE_GOLDEN"))
		assert_true(g_file_set_contents(path, current, -1, NULL));
	assert_true(g_file_get_contents(path, &stored, NULL, NULL));
	assert_string_equal(stored, current);
}

/* One line per document from the validator. */
static char **validate(const char *directory, guint n)
{
	g_autofree char *script = g_build_filename(g_getenv("TESTS"), "unit", "validate-json.py", NULL);
	g_autofree char *schema = schema_path();
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *output = NULL, *errors = NULL;
	g_autoptr(GError) error = NULL;
	int status;

	g_ptr_array_add(argv, g_strdup("python3"));
	g_ptr_array_add(argv, g_steal_pointer(&script));
	g_ptr_array_add(argv, g_steal_pointer(&schema));
	for (guint i = 0; i < n; i++)
		g_ptr_array_add(argv, g_strdup_printf("%s/%u.json", directory, i));
	g_ptr_array_add(argv, NULL);
	if (!g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output,
			  &errors, &status, &error) ||
	    !g_spawn_check_wait_status(status, &error))
		fail_msg("validator (python3-jsonschema): %s: %s", error->message,
			 errors ? errors : "");
	return g_strsplit(g_strchomp(output), "\n", -1);
}

static void test_validator(void **state)
{
	char *tree = tree_new();
	g_autofree char *text = full_json();
	g_autoptr(Run) empty = run_new();
	g_autofree char *empty_text = run_to_json(empty);
	g_auto(GStrv) lines = NULL;
	guint n = 0;

	(void)state;
	tree_write(tree, "0.json", text);
	tree_write(tree, "1.json", empty_text);
	n = 2;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *name = NULL, *changed = NULL;

		if (!bad[i].schema_too)
			continue;
		name = g_strdup_printf("%u.json", n++);
		changed = spoilt(text, i);
		tree_write(tree, name, changed);
	}
	lines = validate(tree, n);
	assert_int_equal(g_strv_length(lines), n);
	assert_string_equal(lines[0], "valid");
	assert_string_equal(lines[1], "valid");
	n = 2;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		if (bad[i].schema_too && strcmp(lines[n++], bad[i].error ? "invalid" : "valid") != 0)
			fail_msg("the schema finds '%s' %s", bad[i].to, lines[n - 1]);
	tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),	cmocka_unit_test(test_empty_run),
		cmocka_unit_test(test_odd_values),	cmocka_unit_test(test_huge_count),
		cmocka_unit_test(test_promised_names),	cmocka_unit_test(test_refused),
		cmocka_unit_test(test_garbage),		cmocka_unit_test(test_schema_is_current),
		cmocka_unit_test(test_validator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
