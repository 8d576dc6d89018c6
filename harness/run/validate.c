/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "validate.h"

#include <string.h>

#include "capture.h"
#include "error.h"
#include "guest.h"
#include "proc.h"
#include "knob_capture.h"
#include "threads.h"
#include "trees.h"
#include "vm_rules.h"

#define CAPTURE_TIMEOUT_MS 60000

/* Of one guest, or (NULL) of all that are measured. doubts: see trees_judge(). */
static GPtrArray *judge(const RunContext *context, const Guest *one, guint scopes,
			GPtrArray *doubts)
{
	Cpuset host_cpus = guests_reserved_cpus(context);
	g_autoptr(GArray) vms = g_array_new(FALSE, TRUE, sizeof(TreesVm));

	for (guint i = 0; i < context->guests->len; i++) {
		const Guest *guest = guest_at(context, i);
		TreesVm vm = {guest->record, plan_reserved_cpus(guest->plan),
			      guest->plan->guest_rt};

		if (guest_is_rt(guest) && (!one || one == guest))
			g_array_append_val(vms, vm);
	}
	return trees_judge(bundle_path(context->bundle), scopes, &host_cpus,
			   (const TreesVm *)vms->data, vms->len, context->profile->choices, doubts);
}

/* What is wrong is told as soon as it is known: a person may want to stop here. The trees of
 * after are not there yet, which is no news. */
static void tell(RunContext *context, const Guest *guest, KnobScope scope)
{
	g_autoptr(GPtrArray) doubts = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) findings = judge(context, guest, scope, doubts);
	g_autofree char *whose = guest ? guest_whose(guest) : g_strdup("");
	guint counts[FINDING_STATUSES];

	findings_count(findings, counts);
	progress_note(context->progress, "%s%s: %u FAIL, %u WARN, %u UNKNOWN of %u findings%s",
		      whose, knob_scope_name(scope), counts[STATUS_FAIL], counts[STATUS_WARN],
		      counts[STATUS_UNKNOWN], findings->len,
		      context->profile->findings_shown ? " (shown; they do not count)" : "");
}

void validate_close(RunContext *context)
{
	g_autoptr(GPtrArray) doubts = g_ptr_array_new_with_free_func(g_free);

	/* The verdict doubts by itself, from the trees. */
	g_ptr_array_extend_and_steal(context->run->findings,
				     judge(context, NULL, SCOPE_HOST | SCOPE_VM | SCOPE_GUEST,
					   doubts));
}

/* ---- host ------------------------------------------------------------------------------- */

/* Besides the table: what everybody asks of a machine, and what configured VMs are judged by. */
static GPtrArray *more_files(void)
{
	GPtrArray *files = g_ptr_array_new();

	for (const char *const *file = facts_files; *file; file++)
		g_ptr_array_add(files, (char *)*file);
	for (const char *const *file = vm_rules_files; *file; file++)
		g_ptr_array_add(files, (char *)*file);
	g_ptr_array_add(files, NULL);
	return files;
}

gboolean validate_host(RunContext *context, GError **error)
{
	g_autoptr(GPtrArray) more = more_files();
	g_autofree char *directory =
		g_build_filename(bundle_path(context->bundle), TREE_HOST, NULL);
	Cpuset cpus = guests_reserved_cpus(context);
	g_autoptr(KnobView) view = knob_view_new(context->live, SCOPE_HOST, &cpus, NULL);

	if (!knob_capture(view, SCOPE_HOST, (const char *const *)more->pdata, directory, error))
		return FALSE;
	tell(context, NULL, SCOPE_HOST);
	return TRUE;
}

gboolean validate_host_after(RunContext *context, GError **error)
{
	g_autofree char *directory =
		g_build_filename(bundle_path(context->bundle), TREE_HOST_AFTER, NULL);
	Cpuset cpus = guests_reserved_cpus(context);
	/* Another view: the first one keeps what it read. */
	g_autoptr(KnobView) view = knob_view_new(context->live, SCOPE_HOST, &cpus, NULL);

	return knob_capture_again(view, SCOPE_HOST, facts_files, directory, error);
}

/* ---- VM --------------------------------------------------------------------------------- */

static gboolean copy_process_file(const Guest *guest, const char *name, GError **error)
{
	g_autofree char *path = g_strdup_printf("proc/%d/%s", vm_pid(guest->vm), name);
	g_autofree char *text = NULL;
	gsize length;

	return root_read(guest->context->live, path, &text, &length, NULL, error) &&
	       guest_write(guest, "vm", name, text, length, error);
}

static void name_role(GArray *threads, const GPtrArray *places)
{
	for (guint i = 0; i < places->len; i++) {
		const RunPlace *place = places->pdata[i];

		for (guint k = 0; k < threads->len; k++) {
			KnobThread *thread = &g_array_index(threads, KnobThread, k);

			if (thread->tid == (guint)place->tid)
				g_strlcpy(thread->role, place->role, sizeof(thread->role));
		}
	}
}

/* Before QEMU 9 or Linux 6.4 vhost workers are kernel threads that bear QEMU's pid. */
static gboolean is_of_vm(const KnobThread *thread, guint pid)
{
	g_autofree char *vhost = g_strdup_printf("vhost-%u", pid);

	return thread->pid == pid ||
	       (thread->kernel_thread && strcmp(thread->comm, vhost) == 0);
}

static gboolean store_threads(const Guest *guest, GError **error)
{
	const Root *live = guest->context->live;
	guint pid = (guint)vm_pid(guest->vm);
	g_autoptr(GPtrArray) places = run_places_new();
	g_autoptr(GArray) threads = NULL;
	g_autofree char *text = NULL;
	int errnum = 0;

	if (!vm_read_places(guest->vm, live, guest->plan, places, error))
		return FALSE;
	threads = threads_read(live, &errnum);
	if (!threads)
		return lathe_error_errno(error, errnum, "read the threads of /proc");
	for (guint i = threads->len; i-- > 0;)
		if (!is_of_vm(&g_array_index(threads, KnobThread, i), pid))
			g_array_remove_index(threads, i);
	name_role(threads, places);
	text = threads_format(threads);
	return guest_write(guest, "vm", CAPTURE_THREADS, text, strlen(text), error);
}

gboolean validate_vm(Guest *guest, GError **error)
{
	g_autofree char *directory = guest_path(guest, "vm", NULL);

	if (!copy_process_file(guest, "status", error) ||
	    !copy_process_file(guest, "limits", error) || !store_threads(guest, error) ||
	    !knob_capture_complete(directory, error))
		return FALSE;
	tell(guest->context, guest, SCOPE_VM);
	return TRUE;
}

/* ---- guest ------------------------------------------------------------------------------ */

/* The agent copies files and makes no lists: a directory is there when one of its files is.
 * Those of /proc/PID are asked for anyway. Of what is no file it knows one. */
static char **agent_patterns(char **all)
{
	GPtrArray *kept = g_ptr_array_new();

	for (char **pattern = all; *pattern; pattern++) {
		gboolean list = g_str_has_suffix(*pattern, "/");

		if (list ? !g_str_has_prefix(*pattern, "proc/")
			 : !g_str_has_prefix(*pattern, "lathe/") ||
				   strcmp(*pattern, CAPTURE_KERNEL_LOG) == 0)
			g_ptr_array_add(kept, g_strconcat(*pattern, list ? "*" : "", NULL));
	}
	for (const char *const *file = facts_files; *file; file++)
		if (!g_strv_contains((const char *const *)all, *file))
			g_ptr_array_add(kept, g_strdup(*file));
	g_ptr_array_add(kept, NULL);
	return (char **)g_ptr_array_free(kept, FALSE);
}

static gboolean store_text(const char *directory, const char *path, const char *text,
			   GError **error)
{
	return capture_store(directory, path, text, strlen(text), error);
}

/*
 * The guest that lathe built has its kernel and no file that tells how that was built. The
 * package that it was taken from does: for the release that runs, and named as what it is.
 */
static gboolean store_kernel_config(const Guest *guest, const char *directory, GError **error)
{
	const Image *image = guest->image;
	g_autoptr(Root) root = root_open_captured(directory, error);
	g_autofree char *release = NULL;
	g_autofree char *config = NULL;
	g_autofree char *path = NULL;
	g_autofree char *note = NULL;

	if (!root)
		return FALSE;
	if (!image->config ||
	    !root_read_line(root, "proc/sys/kernel/osrelease", &release, NULL, NULL) ||
	    strcmp(release, image->release) != 0 ||
	    !g_file_get_contents(image->config, &config, NULL, NULL))
		return TRUE;
	path = g_strconcat("boot/config-", image->release, NULL);
	note = g_strdup_printf("%s\tof the kernel package that the guest image %s was built "
			       "from; not read in the guest\n", path, image->id);
	return store_text(directory, path, config, error) &&
	       store_text(directory, "lathe/not-from-the-guest", note, error);
}

/* `patterns` are the table's. */
static gboolean capture_tree(const Guest *guest, char **patterns, const char *directory,
			     GError **error)
{
	g_auto(GStrv) asked = agent_patterns(patterns);
	g_autoptr(GString) errors = g_string_new(NULL);

	return session_capture_noting(guest->session, (const char *const *)asked, directory,
				      errors, CAPTURE_TIMEOUT_MS, error) &&
	       (errors->len == 0 || store_text(directory, CAPTURE_ERRORS, errors->str, error));
}

gboolean validate_guest(Guest *guest, GError **error)
{
	g_autofree char *directory = guest_path(guest, "guest", "before");
	g_autofree char *whose = guest_whose(guest);
	g_auto(GStrv) patterns = knob_patterns(SCOPE_GUEST);
	gint64 start_us = g_get_monotonic_time();

	if (!capture_tree(guest, patterns, directory, error) ||
	    !store_kernel_config(guest, directory, error) ||
	    !knob_capture_complete(directory, error))
		return FALSE;
	progress_note(guest->context->progress, "%sguest: captured in %" G_GINT64_FORMAT " ms", whose,
		      (g_get_monotonic_time() - start_us) / 1000);
	tell(guest->context, guest, SCOPE_GUEST);
	return TRUE;
}

static gboolean capture_after(const Guest *guest, GError **error)
{
	g_autofree char *directory = guest_path(guest, "guest", "after");
	g_auto(GStrv) patterns = knob_patterns_again(SCOPE_GUEST);

	return capture_tree(guest, patterns, directory, error) &&
	       knob_capture_complete(directory, error);
}

gboolean validate_guests_after(RunContext *context, GError **error)
{
	for (guint i = 0; i < context->guests->len; i++)
		if (guest_is_rt(guest_at(context, i)) &&
		    !capture_after(guest_at(context, i), error)) {
			guest_name_error(guest_at(context, i), error);
			return FALSE;
		}
	return TRUE;
}
