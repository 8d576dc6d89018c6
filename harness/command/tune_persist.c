/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tune_persist.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "machine.h"
#include "persist.h"
#include "propose.h"
#include "topology.h"
#include "tune_persist_print.h"

/* What a plan is made for, and what of it must be freed. */
typedef struct {
	GArray *parameters, *modules;
	GPtrArray *options; /* of const char *, for the unit's command; ends in NULL */
	Cpuset isolated, housekeeping;
	char *program;
	PersistWish wish;
} Wanted;

static void wanted_clear(Wanted *wanted)
{
	g_clear_pointer(&wanted->parameters, g_array_unref);
	g_clear_pointer(&wanted->modules, g_array_unref);
	g_clear_pointer(&wanted->options, g_ptr_array_unref);
	g_clear_pointer(&wanted->program, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wanted, wanted_clear)

/* What was asked for now is asked for at every boot. */
static GPtrArray *boot_options(const Arguments *arguments)
{
	static const char *const with_value[][2] = {
		{"choose", "--choose"}, {"only", "--only"}, {"skip", "--skip"}};
	static const char *const flags[][2] = {{"force", "--force"},
					       {"keep-going", "--keep-going"}};
	GPtrArray *words = g_ptr_array_new();

	for (guint i = 0; i < G_N_ELEMENTS(with_value); i++)
		for (const char *const *value = arguments_values(arguments, with_value[i][0]);
		     *value; value++) {
			g_ptr_array_add(words, (gpointer)with_value[i][1]);
			g_ptr_array_add(words, (gpointer)*value);
		}
	for (guint i = 0; i < G_N_ELEMENTS(flags); i++)
		if (arguments_flag(arguments, flags[i][0]))
			g_ptr_array_add(words, (gpointer)flags[i][1]);
	g_ptr_array_add(words, NULL);
	return words;
}

/* A vCPU's core is its own: its siblings are isolated with it. */
static void want(const CommandContext *context, const Arguments *arguments, KnobView *view,
		 Wanted *wanted)
{
	const Cpuset *planned = knob_view_planned(view);
	const Topology *topology = knob_view_topology(view, NULL);

	wanted->isolated = topology ? topology_siblings(topology, planned) : *planned;
	wanted->housekeeping = *knob_view_online(view);
	cpuset_subtract(&wanted->housekeeping, &wanted->isolated);
	wanted->parameters = host_parameters(&wanted->isolated, &wanted->housekeeping);
	wanted->modules = persist_modules(view);
	wanted->options = boot_options(arguments);
	wanted->program = g_file_read_link("/proc/self/exe", NULL);
	wanted->wish = (PersistWish){
		.parameters = wanted->parameters,
		.modules = wanted->modules,
		.cpus = planned,
		.housekeeping = &wanted->housekeeping,
		.program = wanted->program,
		.state = context->state->given,
		.options = (const char *const *)wanted->options->pdata,
	};
}

static gboolean run_steps(const GPtrArray *steps, GError **error)
{
	for (guint i = 0; i < steps->len; i++) {
		g_autofree char *text = persist_step_text(steps->pdata[i]);

		fprintf(stderr, "lathe: %s\n", text);
		if (!persist_step_run(steps->pdata[i], error))
			return FALSE;
	}
	return TRUE;
}

/* The boot loader of another system is not this one's to run. */
static gboolean may_run_steps(const Arguments *arguments, const Root *root, GError **error)
{
	if (!arguments_flag(arguments, "run") ||
	    (root_is_live(root) && arguments_flag(arguments, "write")))
		return TRUE;
	lathe_error(error, LATHE_ERROR_USAGE, "--run goes with --write, and without --root");
	lathe_error_hint(error, "without it the commands are shown");
	return FALSE;
}

/* What contradicts would decide by chance which of both counts. */
static gboolean check_conflicts(const PersistPlan *plan, GError **error)
{
	if (plan->conflicts->len == 0)
		return TRUE;
	lathe_error(error, LATHE_ERROR_ENVIRONMENT, "nothing was written: %s",
		    (char *)plan->conflicts->pdata[0]);
	lathe_error_hint(error, "take it out first, or let it stand and leave lathe's files away");
	return FALSE;
}

static int print(char *text, int status)
{
	g_autofree char *owned = text;

	fputs(owned, stdout);
	return status;
}

int tune_persist(const CommandContext *context, const Arguments *arguments, const Root *root,
		 KnobView *view, GError **error)
{
	gboolean write = arguments_flag(arguments, "write");
	g_auto(Wanted) wanted = {.parameters = NULL};
	g_autoptr(PersistPlan) plan = NULL;
	Persist persist = {.root = root, .directory = context->state->lib};
	gboolean json, done;

	if (!may_run_steps(arguments, root, error) || !machine_json_wanted(arguments, &json, error))
		return -1;
	want(context, arguments, view, &wanted);
	plan = persist_plan(&persist, &wanted.wish, error);
	if (!plan)
		return -1;
	done = persist_plan_is_done(plan);
	print(json ? persist_print_json(plan, write) : persist_print_text(plan, write), 0);
	if (!write)
		return 0;
	if (!check_conflicts(plan, error) || (!done && !persist_write(&persist, plan, error)))
		return -1;
	if (arguments_flag(arguments, "run") && !done && !run_steps(plan->steps, error))
		return -1;
	return 0;
}

int tune_unpersist(const CommandContext *context, const Arguments *arguments, const Root *root,
		   GError **error)
{
	gboolean write = arguments_flag(arguments, "write");
	Persist persist = {.root = root, .directory = context->state->lib};
	g_autoptr(Unpersist) files = NULL;
	gboolean json, left = FALSE;

	if (!may_run_steps(arguments, root, error) || !machine_json_wanted(arguments, &json, error))
		return -1;
	files = write ? unpersist_write(&persist, error) : unpersist_plan(&persist, error);
	if (!files)
		return -1;
	print(json ? unpersist_print_json(files, write) : unpersist_print_text(files, write), 0);
	for (guint i = 0; i < files->files->len; i++) {
		UnpersistState state = ((Unpersisted *)files->files->pdata[i])->state;

		left |= state != UNPERSIST_OURS && state != UNPERSIST_ABSENT;
	}
	if (write && arguments_flag(arguments, "run") && !run_steps(files->steps, error))
		return -1;
	return left ? 2 : 0;
}
