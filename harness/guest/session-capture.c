/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fnmatch.h>
#include <glib/gstdio.h>
#include <string.h>

#include "capture.h"
#include "error.h"
#include "escape.h"
#include "session-state.h"

/* Of one call. */
#define FILES_MAX 20000

static gboolean matches(const char *pattern, const char *path)
{
	return fnmatch(pattern, path, FNM_PATHNAME | FNM_PERIOD | FNM_NOESCAPE) == 0;
}

static gboolean was_asked_for(const SessionCapture *capture, const char *path)
{
	for (const char *const *pattern = capture->patterns; *pattern; pattern++)
		if (matches(*pattern, path))
			return TRUE;
	return FALSE;
}

/* Whether a pattern names something below that directory: the pattern has more components. */
static gboolean leads_somewhere(const SessionCapture *capture, const char *directory)
{
	for (const char *const *pattern = capture->patterns; *pattern; pattern++) {
		const char *end = strchr(*pattern, '/');
		g_autofree char *above = NULL;

		for (const char *at = strchr(directory, '/'); end && at;
		     at = strchr(at + 1, '/'))
			end = strchr(end + 1, '/');
		if (!end)
			continue;
		above = g_strndup(*pattern, (gsize)(end - *pattern));
		if (matches(above, directory))
			return TRUE;
	}
	return FALSE;
}

/* A name that was asked for cannot leave the directory through "..", since no pattern
 * holds one and '*' does not match a leading '.'. capture_store() checks again. */
static gboolean begin_file(Session *session, const char *path, gboolean failed)
{
	SessionCapture *capture = &session->capture;

	if (!was_asked_for(capture, path) && !(failed && leads_somewhere(capture, path))) {
		g_autofree char *shown = escape_text(path, -1);

		session_violation(session, "a file that was not asked for: '%s'", shown);
		return FALSE;
	}
	if (++capture->begun > FILES_MAX) {
		session_violation(session, "more than %u files in one capture",
				  FILES_MAX);
		return FALSE;
	}
	g_free(capture->path);
	capture->path = g_strdup(path);
	g_byte_array_set_size(capture->content, 0);
	return TRUE;
}

static gboolean add_piece(Session *session, const WireAttribute *data)
{
	SessionCapture *capture = &session->capture;

	capture->received += data->length;
	if (capture->received > capture->bytes_max) {
		session_violation(session, "more than %u MiB in one capture",
				  (guint)(capture->bytes_max >> 20));
		return FALSE;
	}
	if (capture->content->len + data->length > WIRE_FILE_MAX) {
		session_violation(session, "a file over %u MiB", WIRE_FILE_MAX >> 20);
		return FALSE;
	}
	g_byte_array_append(capture->content, data->bytes, data->length);
	return TRUE;
}

static void note_unreadable(SessionCapture *capture, const WireFrame *frame)
{
	g_autofree char *path = escape_text(capture->path, -1);
	guint64 errnum;

	/* An agent that gives no reason is believed that there is one. */
	if (!wire_get_number(frame, WIRE_TAG_FAILED, 4095, &errnum) || errnum == 0)
		errnum = EIO;
	if (capture->errors)
		g_string_append_printf(capture->errors, "%u\t%s\n", (guint)errnum, path);
}

static void end_file(Session *session, const WireFrame *frame, gboolean failed)
{
	SessionCapture *capture = &session->capture;

	if (failed) {
		note_unreadable(capture, frame);
	} else {
		capture->files++;
		capture->bytes += capture->content->len;
		/* What this machine cannot store is this machine's error: the rest still
		 * arrives, and is dropped. */
		if (!session->request.error)
			capture_store(capture->directory, capture->path,
				      capture->content->data, capture->content->len,
				      &session->request.error);
	}
	g_clear_pointer(&capture->path, g_free);
}

void session_on_file(Session *session, const WireFrame *frame)
{
	SessionCapture *capture = &session->capture;
	gboolean end, failed;
	WireAttribute data, mark;
	char path[WIRE_PATH_MAX];
	guint64 offset;

	end = wire_find(frame, WIRE_TAG_END, &mark);
	failed = wire_find(frame, WIRE_TAG_FAILED, &mark);
	if (session->request.type != WIRE_CAPTURE ||
	    !wire_get_text(frame, WIRE_TAG_PATH, path, sizeof path) ||
	    !wire_get_number(frame, WIRE_TAG_OFFSET, WIRE_FILE_MAX, &offset) ||
	    !wire_find(frame, WIRE_TAG_DATA, &data) ||
	    (!data.length && !end && !failed)) {
		session_violation(session, "a malformed piece of a file");
		return;
	}
	if (!capture->path
		? offset != 0 || !begin_file(session, path, failed)
		: strcmp(path, capture->path) != 0 || offset != capture->content->len) {
		session_violation(session, "a piece of a file out of order");
		return;
	}
	if (add_piece(session, &data) && (end || failed))
		end_file(session, frame, failed);
}

void session_on_done(Session *session, const WireFrame *frame)
{
	SessionCapture *capture = &session->capture;
	guint64 files, bytes;

	if (session->request.type != WIRE_CAPTURE || capture->path ||
	    !wire_get_number(frame, WIRE_TAG_COUNT, G_MAXUINT64, &files) ||
	    !wire_get_number(frame, WIRE_TAG_BYTES, G_MAXUINT64, &bytes) ||
	    files != capture->files || bytes != capture->bytes)
		session_violation(session,
				  "a capture that ended with other files than it had");
	else
		session->request.done = TRUE;
}

static gboolean pattern_is_plain(const char *pattern)
{
	g_auto(GStrv) parts = g_strsplit(pattern, "/", -1);

	if (!*pattern || strpbrk(pattern, "?[]\\"))
		return FALSE;
	for (char **part = parts; *part; part++)
		if (!**part || strcmp(*part, ".") == 0 || strcmp(*part, "..") == 0)
			return FALSE;
	return TRUE;
}

gboolean session_capture(Session *session, const char *const *patterns,
			 const char *directory, guint timeout_ms, GError **error)
{
	return session_capture_large(session, patterns, directory, SESSION_CAPTURE_MAX,
				     timeout_ms, error);
}

gboolean session_capture_noting(Session *session, const char *const *patterns,
				const char *directory, GString *errors,
				guint timeout_ms, GError **error)
{
	gboolean ok;

	session->capture.errors = errors;
	ok = session_capture(session, patterns, directory, timeout_ms, error);
	session->capture.errors = NULL;
	return ok;
}

gboolean session_capture_large(Session *session, const char *const *patterns,
			       const char *directory, guint64 bytes_max,
			       guint timeout_ms, GError **error)
{
	SessionCapture *capture = &session->capture;
	WireWriter writer;
	gboolean ok;

	for (const char *const *pattern = patterns; *pattern; pattern++)
		if (!pattern_is_plain(*pattern))
			return lathe_error(error, LATHE_ERROR_INPUT,
					   "'%s' is no pattern of files to capture",
					   *pattern);
	capture->patterns = patterns;
	capture->directory = directory;
	capture->bytes_max = bytes_max;
	capture->files = capture->bytes = capture->received = capture->begun = 0;
	session_begin(session, &writer, WIRE_CAPTURE);
	for (const char *const *pattern = patterns; *pattern; pattern++)
		wire_put_text(&writer, WIRE_TAG_PATTERN, *pattern);
	ok = session_ask(session, &writer, session_deadline(timeout_ms),
			 "the guest's agent to send files", error);
	/* A guest that has none of them is told from one that was not asked. */
	if (ok && g_mkdir_with_parents(directory, 0755) != 0)
		ok = lathe_error_errno(error, errno, "create '%s'", directory);
	if (!ok)
		g_prefix_error(error, "capture files of the guest: ");
	g_clear_pointer(&capture->path, g_free);
	/* An array that is only emptied keeps the memory of its largest file. */
	g_byte_array_unref(capture->content);
	capture->content = g_byte_array_new();
	capture->patterns = NULL;
	capture->directory = NULL;
	return ok;
}
