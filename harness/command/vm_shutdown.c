/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "command.h"
#include "error.h"
#include "escape.h"
#include "number.h"
#include "stop.h"
#include "vm_fleet.h"

#define TIMEOUT_S     60
#define TIMEOUT_MAX_S 86400

static const Option options[] = {
	{"timeout", 't', "SECONDS", FALSE,
	 "how long the VMs may take, 0 to 86400 (default: 60)"},
	{"destroy", 0, NULL, FALSE, "end those that have not shut down by then: as if unplugged"},
	{NULL},
};

static void print_stop(const Stop *stop, gpointer data)
{
	g_autofree char *name = escape_text(stop->name, -1);

	(void)data;
	switch (stop->state) {
	case STOP_OFF:
		printf("%s: does not run\n", name);
		break;
	case STOP_SHUT_DOWN:
		printf("%s: shut down in %.1f s\n", name, stop->seconds);
		break;
	case STOP_DESTROYED:
		printf("%s: ignored it for %.1f s, and was ended\n", name, stop->seconds);
		break;
	case STOP_WAITING:
	case STOP_IGNORED:
	case STOP_FAILED:
		break;
	}
	fflush(stdout);
	if (stop->state == STOP_IGNORED)
		fprintf(stderr, "lathe: %s: ignores the power button, and runs after %.1f s\n"
				"lathe: hint: --destroy ends it as if it were unplugged\n",
			name, stop->seconds);
	if (stop->error)
		vm_print_error(stop->name, stop->error);
	for (guint i = 0; i < stop->warnings->len; i++) {
		g_autofree char *text = escape_text(stop->warnings->pdata[i], -1);

		fprintf(stderr, "lathe: %s: %s\n", name, text);
	}
}

/* A minute without a word is long. */
static void print_asked(guint waiting, gpointer data)
{
	const guint *timeout_ms = data;

	if (*timeout_ms > 0)
		fprintf(stderr, "lathe: waiting up to %u s for %u VM%s to shut down\n",
			*timeout_ms / 1000, waiting, waiting == 1 ? "" : "s");
}

static gboolean is_bad(const Stop *stop)
{
	return stop->state > STOP_DESTROYED || stop->warnings->len > 0;
}

static int stop_all(const Scene *scene, const GPtrArray *vms, const StopOptions *stop_options)
{
	g_autoptr(GPtrArray) uuids = g_ptr_array_new();
	g_autoptr(GPtrArray) stops = NULL;
	int status = 0;

	for (guint i = 0; i < vms->len; i++)
		g_ptr_array_add(uuids, ((VmConfig *)vms->pdata[i])->uuid);
	g_ptr_array_add(uuids, NULL);
	stops = fleet_stop(scene, (const char *const *)uuids->pdata, stop_options);
	for (guint i = 0; i < stops->len; i++)
		if (is_bad(stops->pdata[i]))
			status = 1;
	return status;
}

static gboolean parse_timeout(const Arguments *arguments, guint *ret_ms, GError **error)
{
	const char *text = arguments_value(arguments, "timeout");
	guint64 seconds = TIMEOUT_S;

	if (text && !number_parse(text, 0, TIMEOUT_MAX_S, &seconds, error)) {
		g_prefix_error(error, "--timeout: ");
		return FALSE;
	}
	*ret_ms = (guint)seconds * 1000;
	return TRUE;
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	StopOptions stop_options = {.destroy = arguments_flag(arguments, "destroy"),
				    .asked = print_asked,
				    .settled = print_stop};
	g_auto(VmFleet) fleet = {0};
	g_autoptr(GPtrArray) vms = NULL;

	if (!parse_timeout(arguments, &stop_options.timeout_ms, error) ||
	    !vm_fleet_open(&fleet, context, arguments, FLEET_CHANGES, FALSE, error))
		return -1;
	vms = vm_configs_select(fleet.configs, arguments_positional(arguments), error);
	stop_options.data = &stop_options.timeout_ms;
	return vms ? stop_all(fleet.scene, vms, &stop_options) : -1;
}

const Command command_vm_shutdown = {
	.name = "shutdown",
	.summary = "shut VMs down",
	.arguments = "[VM]...",
	.arguments_max = ARGUMENTS_ANY,
	.description =
		"Presses the power button of the VMs with those names or UUIDs, or of all that are\n"
		"configured, and waits for all of them together. What was offline while a VM ran comes\n"
		"back.\n"
		"\n"
		"Exit status: 0 none of them runs; 1 one does, or not everything is back.\n",
	.options = options,
	.needs = NEEDS_ROOT,
	.run = run,
};
