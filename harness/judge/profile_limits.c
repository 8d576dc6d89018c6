/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile_keys.h"

#include <string.h>

#include "error.h"
#include "ini.h"
#include "number.h"

/* Far beyond any latency: a limit in hours is a mistake in the unit. */
#define LIMIT_MAX_NS (G_GUINT64_CONSTANT(1000) * G_GUINT64_CONSTANT(1000000000))

static const char *const statistics[] = {
	[STATISTIC_MIN] = "min",
	[STATISTIC_AVG] = "avg",
	[STATISTIC_MAX] = "max",
};

const char *statistic_name(Statistic statistic)
{
	return statistics[statistic];
}

static gboolean parse_statistic(const char *word, Statistic *ret, GError **error)
{
	const char *near;

	for (gsize i = 0; i < G_N_ELEMENTS(statistics); i++) {
		if (strcmp(word, statistics[i]) == 0) {
			*ret = (Statistic)i;
			return TRUE;
		}
	}
	near = ini_nearest(word, statistics, G_N_ELEMENTS(statistics));
	return lathe_error(
		error, LATHE_ERROR_INPUT, "'%s' is not a statistic (min, avg, max)%s%s%s",
		word, near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static gboolean parse_one(const char *text, Limit *ret, GError **error)
{
	gsize word = strspn(
		text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._");
	g_autofree char *statistic = g_strndup(text, word);
	Span span = span_of(text + word);
	g_autofree char *duration = NULL;
	guint64 limit_ns;
	Limit limit;

	if (word == 0)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' is not a limit such as 'max < 60us'", text);
	if (!parse_statistic(statistic, &limit.statistic, error))
		return FALSE;
	span_skip_blanks(&span);
	limit.or_equal = span_take_literal(&span, "<=");
	if (!limit.or_equal && !span_take_literal(&span, "<"))
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s': a limit is an upper bound, '<' or '<='", text);
	span_skip_blanks(&span);
	duration = span_dup(span);
	if (!duration_parse(duration, 1, LIMIT_MAX_NS, &limit_ns, error)) {
		g_prefix_error(error, "'%s': ", text);
		return FALSE;
	}
	limit.limit_ns = (gint64)limit_ns;
	*ret = limit;
	return TRUE;
}

gboolean limits_parse(const char *text, GArray **ret, GError **error)
{
	g_autoptr(GArray) limits = g_array_new(FALSE, FALSE, sizeof(Limit));
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	if (!*text)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "no limit; leave the key out when there is none");
	for (char **part = parts; *part; part++) {
		Limit limit;

		if (!parse_one(g_strstrip(*part), &limit, error))
			return FALSE;
		for (guint i = 0; i < limits->len; i++)
			if (g_array_index(limits, Limit, i).statistic == limit.statistic)
				return lathe_error(error, LATHE_ERROR_INPUT,
						   "two limits on '%s'",
						   statistic_name(limit.statistic));
		g_array_append_val(limits, limit);
	}
	*ret = g_steal_pointer(&limits);
	return TRUE;
}

char *limits_format(const GArray *limits)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < limits->len; i++) {
		const Limit *limit = &g_array_index(limits, Limit, i);
		g_autofree char *bound = duration_format((guint64)limit->limit_ns);

		g_string_append_printf(text, "%s%s %s %s", i ? ", " : "",
				       statistic_name(limit->statistic),
				       limit->or_equal ? "<=" : "<", bound);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}
