/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "error.h"

#include <errno.h>

static void lathe_error_private_init(LatheErrorPrivate *private)
{
	private->hint = NULL;
}

static void lathe_error_private_copy(const LatheErrorPrivate *from, LatheErrorPrivate *to)
{
	to->hint = g_strdup(from->hint);
}

static void lathe_error_private_clear(LatheErrorPrivate *private)
{
	g_clear_pointer(&private->hint, g_free);
}

G_DEFINE_EXTENDED_ERROR(LatheError, lathe_error)

gboolean lathe_error(GError **error, LatheErrorCode code, const char *format, ...)
{
	va_list args;

	if (error) {
		va_start(args, format);
		*error = g_error_new_valist(LATHE_ERROR, code, format, args);
		va_end(args);
	}
	return FALSE;
}

/* What to do about a file system's refusal, whichever file it was. */
static const struct {
	int errnum;
	const char *hint;
} remedies[] = {
	{ENOSPC, "make room there, or choose another directory: --output DIR for bundles, "
		 "--state DIR for the rest"},
	{EDQUOT, "the quota is used up: make room, or choose another directory: --output DIR "
		 "for bundles, --state DIR for the rest"},
	{EROFS, "choose a directory that can be written: --output DIR for bundles, --state DIR "
		"for the rest"},
};

gboolean lathe_error_errno(GError **error, int errnum, const char *format, ...)
{
	g_autofree char *what = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	lathe_error(error, LATHE_ERROR_IO, "%s: %s", what, g_strerror(errnum));
	for (gsize i = 0; i < G_N_ELEMENTS(remedies); i++)
		if (remedies[i].errnum == errnum)
			lathe_error_hint(error, "%s", remedies[i].hint);
	return FALSE;
}

gboolean lathe_error_file(GError **error, const GError *cause)
{
	lathe_error(error, LATHE_ERROR_IO, "%s", cause->message);
	for (gsize i = 0; i < G_N_ELEMENTS(remedies); i++)
		if (g_error_matches(cause, G_FILE_ERROR,
				    (int)g_file_error_from_errno(remedies[i].errnum)) &&
		    cause->code != G_FILE_ERROR_FAILED)
			lathe_error_hint(error, "%s", remedies[i].hint);
	return FALSE;
}

void lathe_error_hint(GError **error, const char *format, ...)
{
	LatheErrorPrivate *private;
	va_list args;

	if (!error || !*error || (*error)->domain != LATHE_ERROR)
		return;
	private = lathe_error_get_private(*error);
	g_free(private->hint);
	va_start(args, format);
	private->hint = g_strdup_vprintf(format, args);
	va_end(args);
}

const char *lathe_error_get_hint(const GError *error)
{
	if (!error || error->domain != LATHE_ERROR)
		return NULL;
	return lathe_error_get_private(error)->hint;
}
