/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "knob_capture.h"

#include <string.h>

#include "capture.h"
#include "cpu_latency.h"
#include "threads.h"
#include "view_private.h"

static gboolean store(const char *directory, const char *path, const char *text,
		      GError **error)
{
	return !text || capture_store(directory, path, text, strlen(text), error);
}

gboolean knob_capture_complete(const char *directory, GError **error)
{
	return store(directory, CAPTURE_COMPLETE, "lathe-capture/1\n", error);
}

/* Whether the rows of these scopes read a file that is none on a live machine. */
static gboolean is_read(char **patterns, const char *path)
{
	return g_strv_contains((const char *const *)patterns, path);
}

/* What could not be had is noted like a file that could not be read. */
static gboolean store_fact(const char *directory, const char *path, const char *text,
			   int errnum, GString *errors, GError **error)
{
	if (!text)
		g_string_append_printf(errors, "%d\t%s\n", errnum, path);
	return store(directory, path, text, error);
}

static gboolean store_facts(KnobView *view, char **patterns, const char *directory,
			    GString *errors, GError **error)
{
	g_autofree char *threads_text = NULL;
	int errnum = 0;

	if (is_read(patterns, CAPTURE_THREADS)) {
		const GArray *threads = knob_view_threads(view, &errnum);

		threads_text = threads ? threads_format(threads) : NULL;
		if (!store_fact(directory, CAPTURE_THREADS, threads_text, errnum, errors, error))
			return FALSE;
	}
	if (is_read(patterns, CAPTURE_KERNEL_LOG)) {
		const char *log = knob_view_kernel_log(view, &errnum);

		if (!store_fact(directory, CAPTURE_KERNEL_LOG, log, errnum, errors, error))
			return FALSE;
	}
	if (is_read(patterns, CAPTURE_KVM_PROOF)) {
		const char *proof = knob_view_kvm_proof(view, &errnum);

		if (!store_fact(directory, CAPTURE_KVM_PROOF, proof, errnum, errors, error))
			return FALSE;
	}
	if (is_read(patterns, CAPTURE_CPU_LATENCY)) {
		const char *latency = knob_view_cpu_latency_text(view, &errnum);

		if (!store_fact(directory, CAPTURE_CPU_LATENCY, latency, errnum, errors, error))
			return FALSE;
	}
	return TRUE;
}

/* Thousands of small files say what CAPTURE_THREADS says in one. */
static char **without_tasks(char **patterns)
{
	GPtrArray *kept = g_ptr_array_new();

	for (char **pattern = patterns; *pattern; pattern++)
		if (!g_str_has_prefix(*pattern, "proc/*/task/") &&
		    !g_str_has_prefix(*pattern, "lathe/"))
			g_ptr_array_add(kept, g_strdup(*pattern));
	g_ptr_array_add(kept, NULL);
	return (char **)g_ptr_array_free(kept, FALSE);
}

static gboolean capture(KnobView *view, char **patterns, const char *const *more,
			const char *directory, GError **error)
{
	g_auto(GStrv) files = without_tasks(patterns);
	g_autofree char *before = NULL;
	g_autoptr(GString) errors = NULL;

	/* A capture of a capture: what could not be read then is absent now. */
	if (!knob_view_live(view))
		root_read(view->root, CAPTURE_ERRORS, &before, NULL, NULL, NULL);
	errors = g_string_new(before);
	if (!capture_files_noting(view->root, (const char *const *)files, directory, errors,
				  error) ||
	    (more && !capture_files_noting(view->root, more, directory, errors, error)) ||
	    !store_facts(view, patterns, directory, errors, error))
		return FALSE;
	if (errors->len > 0 && !store(directory, CAPTURE_ERRORS, errors->str, error))
		return FALSE;
	/* What others left out of a tree is missing from its copy as well. */
	return !knob_view_complete(view) || knob_capture_complete(directory, error);
}

gboolean knob_capture(KnobView *view, guint scopes, const char *const *more,
		       const char *directory, GError **error)
{
	g_auto(GStrv) patterns = knob_patterns(scopes);

	return capture(view, patterns, more, directory, error);
}

gboolean knob_capture_again(KnobView *view, guint scopes, const char *const *more,
			    const char *directory, GError **error)
{
	g_auto(GStrv) patterns = knob_patterns_again(scopes);

	return capture(view, patterns, more, directory, error);
}
