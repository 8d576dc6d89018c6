/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_fleet.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "escape.h"
#include "siblings.h"
#include "tune.h"
#include "vm_command.h"

void vm_print_error(const char *name, const GError *error)
{
	g_autofree char *shown = escape_text(name, -1);
	g_autofree char *message = escape_text(error->message, -1);
	const char *hint = lathe_error_get_hint(error);

	fprintf(stderr, "lathe: %s: %s\n", shown, message);
	if (hint)
		fprintf(stderr, "lathe: hint: %s\n", hint);
}

static void print_notes(const GPtrArray *notes)
{
	for (guint i = 0; i < notes->len; i++) {
		g_autofree char *note = escape_text(notes->pdata[i], -1);

		fprintf(stderr, "lathe: %s\n", note);
	}
}

/* An unfinished transaction is put back by whoever changes the host next. */
static gboolean recover_tuning(const VmFleet *self, const State *state, GError **error)
{
	Tune tune = {.host = {self->root, TARGET_WRITE_SECONDS}, .directory = state->lib};
	g_autoptr(GPtrArray) outcomes = tuned_new_array();

	if (!tune_recover(&tune, outcomes, error))
		return FALSE;
	if (outcomes->len > 0)
		fprintf(stderr, "lathe: put back %u changes that an interrupted lathe had begun\n",
			outcomes->len);
	return TRUE;
}

static gboolean recover_siblings(const VmFleet *self, const State *state, GError **error)
{
	g_autofree char *directory = siblings_directory(state->lib);
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	gboolean ok = siblings_recover(self->root, directory, notes, error);

	print_notes(notes);
	return ok;
}

static gboolean take_lock(VmFleet *self, const State *state, GError **error)
{
	if (!state_make_directory(state->run, error) || !state_make_directory(state->lib, error))
		return FALSE;
	self->lock = lock_take(state->run, error);
	return self->lock != NULL;
}

/* Who only looks is not kept from it by what cannot be put back now. */
static void recover_if_possible(VmFleet *self, const State *state)
{
	g_autofree char *directory = siblings_directory(state->lib);
	g_autoptr(GError) error = NULL;

	if (geteuid() != 0 || !siblings_any(directory) || !take_lock(self, state, NULL))
		return;
	if (!recover_siblings(self, state, &error))
		vm_print_error("siblings", error);
	g_clear_pointer(&self->lock, lock_free);
}

static gboolean recover(VmFleet *self, const State *state, FleetAccess access, GError **error)
{
	if (access == FLEET_LOOKS) {
		recover_if_possible(self, state);
		return TRUE;
	}
	return take_lock(self, state, error) && recover_tuning(self, state, error) &&
	       recover_siblings(self, state, error);
}

/* Without a config there is something to see as well; a file that was named is to be there. */
static VmConfigs *read_configs(const Arguments *arguments, FleetAccess access, GError **error)
{
	const char *path = vm_config_path(arguments);

	return access == FLEET_LOOKS && !arguments_value(arguments, "file")
		       ? vm_configs_read_or_empty(path, error)
		       : vm_configs_read(path, error);
}

gboolean vm_fleet_open(VmFleet *self, const CommandContext *context, const Arguments *arguments,
		       FleetAccess access, gboolean demonstration, GError **error)
{
	const State *state = context->state;

	hypervisor_init();
	self->root = root_open_live(error);
	self->configs = self->root ? read_configs(arguments, access, error) : NULL;
	if (!self->configs || !recover(self, state, access, error))
		return FALSE;
	self->waiter = waiter_new();
	waiter_watch_signals(self->waiter);
	self->hypervisor = fleet_connect(state, vm_uri(arguments), access == FLEET_CHANGES,
					 access == FLEET_LOOKS, error);
	self->host = self->hypervisor ? fleet_host_new(self->hypervisor, NULL, error) : NULL;
	if (!self->host)
		return FALSE;
	self->scene = scene_new(self->host, self->configs, state->lib, demonstration, self->waiter,
				error);
	return self->scene != NULL;
}

void vm_fleet_clear(VmFleet *self)
{
	g_clear_pointer(&self->scene, scene_free);
	g_clear_pointer(&self->host, fleet_host_free);
	g_clear_pointer(&self->hypervisor, hypervisor_free);
	g_clear_pointer(&self->waiter, waiter_free);
	g_clear_pointer(&self->configs, vm_configs_free);
	g_clear_pointer(&self->lock, lock_free);
	g_clear_pointer(&self->root, root_free);
}
