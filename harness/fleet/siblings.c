/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "siblings.h"

#include <string.h>
#include <unistd.h>

#include "error.h"
#include "number.h"
#include "qemu_process.h"
#include "state.h"
#include "tune.h"

#define ROW "cpu.siblings"

static char *place_of(int cpu)
{
	return g_strdup_printf("sys/devices/system/cpu/cpu%d/online", cpu);
}

static gboolean cpu_of(const char *place, guint *ret)
{
	Span span = span_of(place);
	guint64 cpu;

	if (!span_take_literal(&span, "sys/devices/system/cpu/cpu") ||
	    !span_take_number(&span, CPUSET_CPUS - 1, &cpu) || strcmp(span.at, "/online") != 0)
		return FALSE;
	*ret = (guint)cpu;
	return TRUE;
}

static void note(GPtrArray *notes, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void note(GPtrArray *notes, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(notes, g_strdup_vprintf(format, args));
	va_end(args);
}

char *siblings_directory(const char *lib)
{
	return g_build_filename(lib, "vm", NULL);
}

static Tune tune_for(const Root *root, const char *own)
{
	return (Tune){.host = {root, TARGET_WRITE_SECONDS}, .directory = own};
}

/* ---- offline -------------------------------------------------------------------------- */

static GPtrArray *changes_for(const Root *root, const VmLayout *layout, GPtrArray *notes)
{
	GPtrArray *changes = g_ptr_array_new_with_free_func((GDestroyNotify)change_free);

	CPUSET_FOREACH(cpu, &layout->offline) {
		g_autofree char *place = place_of(cpu);
		Change *change;

		/* CPU 0 of most machines has no such file. */
		if (cpu == 0 || !root_exists(root, place)) {
			note(notes, "CPU %d, a sibling of a CPU of \"%s\", cannot go offline", cpu,
			     layout->vm->name);
			continue;
		}
		change = g_new0(Change, 1);
		*change = (Change){.row = ROW,
				   .severity = SEVERITY_HIGH,
				   .kind = CHANGE_CPU,
				   .place = g_steal_pointer(&place),
				   .was = g_strdup("1"),
				   .then = g_strdup("0")};
		g_ptr_array_add(changes, change);
	}
	return changes;
}

/* An empty one of a VM says nothing, and is removed as soon as it is. */
static void drop_directory(const char *own)
{
	(void)rmdir(own);
}

gboolean siblings_take(const Root *root, const char *directory, const VmLayout *layout,
		       Waiter *waiter, GPtrArray *notes, GError **error)
{
	g_autofree char *own = g_build_filename(directory, layout->vm->uuid, NULL);
	g_autofree char *by = g_strdup_printf("lathe vm boot %s", layout->vm->uuid);
	g_autofree char *cpus = cpulist_format(&layout->cpuset);
	g_autoptr(GPtrArray) changes = NULL;
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	Tune tune = tune_for(root, own);
	gboolean ok;

	if (cpuset_next(&layout->offline, 0) < 0)
		return TRUE;
	changes = changes_for(root, layout, notes);
	if (changes->len == 0)
		return TRUE;
	if (!state_make_directory(own, error))
		return FALSE;
	tune.waiter = waiter;
	ok = tune_apply(&tune, by, cpus, changes, outcomes, error);
	if (!ok) {
		g_prefix_error(error, "take the siblings of the CPUs of \"%s\" offline: ",
			       layout->vm->name);
		drop_directory(own);
	}
	return ok;
}

/* ---- back ----------------------------------------------------------------------------- */

static void note_outcomes(const GPtrArray *outcomes, GPtrArray *notes)
{
	for (guint i = 0; i < outcomes->len; i++) {
		const Tuned *outcome = outcomes->pdata[i];

		if (outcome->state == TUNED_FOREIGN)
			note(notes, "%s holds '%s', which somebody else set: it was left",
			     outcome->place, outcome->now);
		else if (outcome->state == TUNED_STUCK)
			note(notes, "%s could not be put back to '%s': %s", outcome->place,
			     outcome->was, outcome->why);
	}
}

gboolean siblings_give_back(const Root *root, const char *directory, const char *uuid,
			    GPtrArray *notes, GError **error)
{
	g_autofree char *own = g_build_filename(directory, uuid, NULL);
	g_autoptr(GPtrArray) outcomes = tuned_new_array();
	g_autoptr(GPtrArray) doubts = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *aside = NULL;
	Tune tune = tune_for(root, own);
	gboolean ok;

	if (!g_file_test(own, G_FILE_TEST_IS_DIR))
		return TRUE;
	ok = tune_restore(&tune, outcomes, doubts, &aside, error);
	note_outcomes(outcomes, notes);
	for (guint i = 0; i < doubts->len; i++)
		note(notes, "the journal of siblings that are offline: %s",
		     (char *)doubts->pdata[i]);
	if (aside)
		note(notes, "that journal was kept as %s", aside);
	if (!ok)
		g_prefix_error(error, "bring siblings back online: ");
	drop_directory(own);
	return ok;
}

/* A name that is no UUID is nothing of ours. */
static gboolean is_uuid(const char *name)
{
	return g_uuid_string_is_valid(name);
}

gboolean siblings_recover(const Root *root, const char *directory, GPtrArray *notes,
			  GError **error)
{
	g_autoptr(GDir) listing = g_dir_open(directory, 0, NULL);
	const char *uuid;
	gboolean ok = TRUE;

	while (listing && ok && (uuid = g_dir_read_name(listing))) {
		pid_t pid;

		if (!is_uuid(uuid))
			continue;
		ok = qemu_process_find_uuid(root, uuid, &pid, error) &&
		     (pid != 0 || siblings_give_back(root, directory, uuid, notes, error));
	}
	return ok;
}

gboolean siblings_any(const char *directory)
{
	g_autoptr(GDir) listing = g_dir_open(directory, 0, NULL);

	return listing && g_dir_read_name(listing);
}

gboolean siblings_held(const Root *root, const char *directory, const char *uuid, Cpuset *ret,
		       GError **error)
{
	g_autofree char *own = g_build_filename(directory, uuid, NULL);
	g_autoptr(TuneStatus) status = NULL;
	Tune tune = tune_for(root, own);
	Cpuset held = {0};

	if (g_file_test(own, G_FILE_TEST_IS_DIR)) {
		status = tune_status(&tune, error);
		if (!status)
			return FALSE;
	}
	for (guint i = 0; status && i < status->rows->len; i++) {
		const Tuned *row = status->rows->pdata[i];
		guint cpu;

		if (row->state == TUNED_IN_FORCE && cpu_of(row->place, &cpu))
			cpuset_add(&held, cpu);
	}
	*ret = held;
	return TRUE;
}
