/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel_cmdline.h"

#include <string.h>

#include "error.h"
#include "escape.h"
#include "number.h"

/* The most bytes of a refused value that a message repeats. */
#define SHOWN_BYTES 64

/* A flag as housekeeping_isolcpus_setup() reads it: it begins with a letter and ends before a
 * comma. FALSE: no flag, so what follows is the list. */
static gboolean take_flag(Span *span, Span *flag)
{
	const char *comma;

	if (span->at == span->end || !g_ascii_isalpha(*span->at))
		return FALSE;
	comma = memchr(span->at, ',', (gsize)(span->end - span->at));
	*flag = (Span){span->at, comma ? comma : span->end};
	span->at = comma ? comma + 1 : span->end;
	return TRUE;
}

static gboolean flag_is(Span flag, const char *name)
{
	return span_take_literal(&flag, name) && flag.at == flag.end;
}

/* FALSE: not letters and underscores only, which voids the parameter. */
static gboolean note_unknown(Span flag, IsolcpusValue *value)
{
	gsize length = (gsize)(flag.end - flag.at);

	for (const char *p = flag.at; p < flag.end; p++)
		if (!g_ascii_isalpha(*p) && *p != '_')
			return FALSE;
	if (!*value->unknown_flag)
		g_strlcpy(value->unknown_flag, flag.at,
			  MIN(sizeof(value->unknown_flag), length + 1));
	return TRUE;
}

static gboolean refuse(const char *value, const char *why, GError **error)
{
	g_autofree char *shown = escape_text(value, (gssize)strnlen(value, SHOWN_BYTES));

	return lathe_error(error, LATHE_ERROR_INPUT, "isolcpus=%s: %s", shown, why);
}

gboolean isolcpus_parse(const char *value, guint limit, IsolcpusValue *ret, GError **error)
{
	IsolcpusValue parsed = {0};
	Span span = span_of(value);
	Span flag;

	while (take_flag(&span, &flag)) {
		parsed.has_flags = TRUE;
		/* A flag is one only with its comma: "1-3,nohz" and "nohz" alone are none. */
		if (flag.end == span.end)
			return refuse(value, "no list of CPUs behind the flags", error);
		if (flag_is(flag, "domain"))
			parsed.domain = TRUE;
		else if (flag_is(flag, "managed_irq"))
			parsed.managed_irq = TRUE;
		else if (flag_is(flag, "nohz"))
			parsed.nohz = TRUE;
		else if (!note_unknown(flag, &parsed))
			return refuse(value, "a flag that is none", error);
	}
	if (!parsed.domain && !parsed.managed_irq && !parsed.nohz)
		parsed.domain = TRUE;
	if (!cpulist_parse_parameter(span.at, limit, &parsed.cpus, error)) {
		g_prefix_error(error, "isolcpus: ");
		return FALSE;
	}
	if (cpuset_count(&parsed.cpus) == 0)
		return refuse(value, "it names no CPU", error);
	*ret = parsed;
	return TRUE;
}
