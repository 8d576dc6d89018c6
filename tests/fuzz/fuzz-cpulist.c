/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a cpulist, a cpumask, a number and a duration. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cpulist.h"
#include "error.h"
#include "number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef gboolean (*ParseCpus)(const char *text, guint limit, Cpuset *ret, GError **error);

static void check(gboolean claim)
{
	if (!claim)
		abort();
}

static void check_error(gboolean parsed, const GError *error)
{
	check(parsed == (error == NULL));
	check(!error || (error->domain == LATHE_ERROR &&
			 g_utf8_validate(error->message, -1, NULL)));
}

/* Everything in it is below the limit, and each spelling of it reads back as the same. */
static void check_set(const Cpuset *set, guint limit)
{
	g_autofree char *list = cpulist_format(set), *mask = cpumask_format(set);
	Cpuset from_list, from_mask;
	guint count = 0;

	CPUSET_FOREACH (cpu, set) {
		check((guint)cpu < limit);
		count++;
	}
	check(count == cpuset_count(set));
	check(cpulist_parse_kernel(list, limit, &from_list, NULL));
	check(cpuset_equal(set, &from_list));
	check(cpumask_parse(mask, limit, &from_mask, NULL));
	check(cpuset_equal(set, &from_mask));
}

static void read_cpus(ParseCpus parse, const char *text, guint limit)
{
	Cpuset set, before;
	g_autoptr(GError) error = NULL;
	gboolean parsed;

	memset(&set, 0xa5, sizeof set);
	before = set;
	parsed = parse(text, limit, &set, &error);
	check_error(parsed, error);
	if (parsed)
		check_set(&set, limit);
	else
		check(memcmp(&set, &before, sizeof set) == 0);
}

static void read_number(const char *text, guint64 min, guint64 max)
{
	g_autoptr(GError) error = NULL;
	guint64 number = 77;
	gboolean parsed = number_parse(text, min, max, &number, &error);

	check_error(parsed, error);
	check(parsed ? min <= number && number <= max : number == 77);
}

static void read_duration(const char *text, guint64 min_ns, guint64 max_ns)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *again = NULL;
	guint64 ns = 77, back = 0;
	gboolean parsed = duration_parse(text, min_ns, max_ns, &ns, &error);

	check_error(parsed, error);
	if (!parsed) {
		check(ns == 77);
		return;
	}
	check(min_ns <= ns && ns <= max_ns);
	again = duration_format(ns);
	check(duration_parse(again, min_ns, max_ns, &back, NULL) && back == ns);
}

static void read_span(const char *text, gsize length)
{
	Span span = {text, text + length};
	guint64 number;
	gint64 with_sign;

	while (span.at < span.end) {
		const char *before = span.at;

		if (span_take_number(&span, G_MAXUINT64, &number))
			check(span.at > before);
		else if (span_take_signed(&span, G_MAXINT64, &with_sign))
			check(span.at > before && with_sign <= 0);
		else
			span.at++;
		span_skip_blanks(&span);
		check(span.at <= span.end);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const guint limits[] = {1, 4, 33, CPUSET_CPUS};
	g_autofree char *text = g_strndup((const char *)data, size);

	for (gsize i = 0; i < G_N_ELEMENTS(limits); i++) {
		read_cpus(cpulist_parse, text, limits[i]);
		read_cpus(cpulist_parse_kernel, text, limits[i]);
		read_cpus(cpumask_parse, text, limits[i]);
		read_cpus(cpulist_parse_parameter, text, limits[i]);
	}
	read_number(text, 0, G_MAXUINT64);
	read_number(text, 10, 4096);
	read_duration(text, 0, G_MAXUINT64);
	read_duration(text, 1000, 86400 * (guint64)1000000000);
	read_span((const char *)data, size);
	return 0;
}
