/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpulist.h"

#include <string.h>

#include "error.h"
#include "escape.h"
#include "number.h"

/* Of a text that was refused, in a message. */
#define SHOWN_BYTES 64

#define WORDS (CPUSET_CPUS / 64)

void cpuset_add(Cpuset *set, guint cpu)
{
	g_assert(cpu < CPUSET_CPUS);
	set->bits[cpu / 64] |= G_GUINT64_CONSTANT(1) << cpu % 64;
}

void cpuset_remove(Cpuset *set, guint cpu)
{
	g_assert(cpu < CPUSET_CPUS);
	set->bits[cpu / 64] &= ~(G_GUINT64_CONSTANT(1) << cpu % 64);
}

gboolean cpuset_contains(const Cpuset *set, guint cpu)
{
	return cpu < CPUSET_CPUS && (set->bits[cpu / 64] >> cpu % 64 & 1);
}

guint cpuset_count(const Cpuset *set)
{
	guint count = 0;

	for (guint i = 0; i < WORDS; i++)
		count += (guint)__builtin_popcountll(set->bits[i]);
	return count;
}

gboolean cpuset_equal(const Cpuset *a, const Cpuset *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

gboolean cpuset_is_subset(const Cpuset *inner, const Cpuset *outer)
{
	for (guint i = 0; i < WORDS; i++)
		if (inner->bits[i] & ~outer->bits[i])
			return FALSE;
	return TRUE;
}

gboolean cpuset_intersects(const Cpuset *a, const Cpuset *b)
{
	for (guint i = 0; i < WORDS; i++)
		if (a->bits[i] & b->bits[i])
			return TRUE;
	return FALSE;
}

void cpuset_union(Cpuset *into, const Cpuset *other)
{
	for (guint i = 0; i < WORDS; i++)
		into->bits[i] |= other->bits[i];
}

void cpuset_subtract(Cpuset *from, const Cpuset *other)
{
	for (guint i = 0; i < WORDS; i++)
		from->bits[i] &= ~other->bits[i];
}

Cpuset cpuset_common(const Cpuset *a, const Cpuset *b)
{
	Cpuset both;

	for (gsize i = 0; i < G_N_ELEMENTS(both.bits); i++)
		both.bits[i] = a->bits[i] & b->bits[i];
	return both;
}

int cpuset_next(const Cpuset *set, guint cpu)
{
	for (guint i = cpu / 64; i < WORDS; i++) {
		guint64 word = set->bits[i];

		if (i == cpu / 64)
			word &= ~G_GUINT64_CONSTANT(0) << cpu % 64;
		if (word)
			return (int)(i * 64) + __builtin_ctzll(word);
	}
	return -1;
}

/* By words: a list may name the same thousand CPUs a thousand times. */
static void add_range(Cpuset *set, guint first, guint last)
{
	for (guint i = first / 64; i <= last / 64; i++) {
		guint64 word = ~G_GUINT64_CONSTANT(0);

		if (i == first / 64)
			word &= ~G_GUINT64_CONSTANT(0) << first % 64;
		if (i == last / 64)
			word &= ~G_GUINT64_CONSTANT(0) >> (63 - last % 64);
		set->bits[i] |= word;
	}
}

/* "4" or "4-7"; stride forms ("0-31:2/4") are for command lines, never printed by sysfs. */
static gboolean take_range(Span *span, guint limit, guint *first, guint *last)
{
	Span rest = *span;
	guint64 low, high;

	if (!span_take_number(&rest, limit - 1, &low))
		return FALSE;
	high = low;
	if (span_take_literal(&rest, "-") &&
	    (!span_take_number(&rest, limit - 1, &high) || high < low))
		return FALSE;
	*span = rest;
	*first = (guint)low;
	*last = (guint)high;
	return TRUE;
}

static gboolean parse_list(Span span, const char *text, guint limit, Cpuset *ret,
			   GError **error)
{
	g_autofree char *shown = NULL;
	Cpuset set = {0};
	guint first, last;

	do {
		if (!take_range(&span, limit, &first, &last))
			break;
		add_range(&set, first, last);
		if (span.at == span.end) {
			*ret = set;
			return TRUE;
		}
	} while (span_take_literal(&span, ","));
	shown = escape_text(text, (gssize)strnlen(text, SHOWN_BYTES));
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "'%s' is not a list of CPUs from 0 to %u such as 0,2,4-7", shown,
			   limit - 1);
}

gboolean cpulist_parse(const char *text, guint limit, Cpuset *ret, GError **error)
{
	g_assert(limit >= 1 && limit <= CPUSET_CPUS);
	return parse_list(span_of(text), text, limit, ret, error);
}

gboolean cpulist_parse_kernel(const char *text, guint limit, Cpuset *ret, GError **error)
{
	Span span = span_of(text);
	Span null;

	g_assert(limit >= 1 && limit <= CPUSET_CPUS);
	if (span.end > span.at && span.end[-1] == '\n')
		span.end--;
	null = span;
	span_skip_blanks(&null);
	if (span.at == span.end ||
	    (span_take_literal(&null, "(null)") && null.at == null.end)) {
		*ret = (Cpuset){0};
		return TRUE;
	}
	return parse_list(span, text, limit, ret, error);
}

char *cpulist_format(const Cpuset *set)
{
	GString *text = g_string_new(NULL);
	int first = cpuset_next(set, 0);

	while (first >= 0) {
		guint last = (guint)first;

		while (cpuset_contains(set, last + 1))
			last++;
		g_string_append_printf(text, "%s%d", text->len ? "," : "", first);
		if (last > (guint)first)
			g_string_append_printf(text, "-%u", last);
		first = cpuset_next(set, last + 1);
	}
	return g_string_free(text, FALSE);
}

/* A CPU of a parameter: a number, or N for the last. */
static gboolean take_cpu(Span *span, guint limit, guint *ret)
{
	guint64 number = limit - 1;

	if (!span_take_literal(span, "N") && !span_take_number(span, limit - 1, &number))
		return FALSE;
	*ret = (guint)number;
	return TRUE;
}

/* "all", "4" or "4-N"; *range: of a kind that ":USED/GROUP" may follow. */
static gboolean take_bounds(Span *span, guint limit, guint *first, guint *last,
			    gboolean *range)
{
	*range = span->end - span->at >= 3 && g_ascii_strncasecmp(span->at, "all", 3) == 0;
	if (*range) {
		span->at += 3;
		*first = 0;
		*last = limit - 1;
		return TRUE;
	}
	if (!take_cpu(span, limit, first))
		return FALSE;
	*last = *first;
	*range = span_take_literal(span, "-");
	return !*range || (take_cpu(span, limit, last) && *last >= *first);
}

/* Of every GROUP CPUs the first USED. The bounds are bitmap_check_region()'s, which also
 * takes a USED of 0: nothing. */
static gboolean add_region(Span *span, guint limit, Cpuset *set)
{
	guint64 used, group;
	guint first, last;
	gboolean range;

	if (!take_bounds(span, limit, &first, &last, &range))
		return FALSE;
	if (!range || !span_take_literal(span, ":")) {
		add_range(set, first, last);
		return TRUE;
	}
	if (!span_take_number(span, CPUSET_CPUS, &used) || !span_take_literal(span, "/") ||
	    !span_take_number(span, CPUSET_CPUS, &group) || used == 0 || used > group)
		return FALSE;
	for (guint64 cpu = first; cpu <= last; cpu += group)
		add_range(set, (guint)cpu, (guint)MIN(cpu + used - 1, last));
	return TRUE;
}

/* No list of CPUSET_CPUS numbers is longer. */
#define PARAMETER_BYTES (64u << 10)

gboolean cpulist_parse_parameter(const char *text, guint limit, Cpuset *ret, GError **error)
{
	Span span = {text, text + strnlen(text, PARAMETER_BYTES + 1)};
	gboolean fits = span.end - span.at <= PARAMETER_BYTES;
	g_autofree char *shown = NULL;
	Cpuset set = {0};

	g_assert(limit >= 1 && limit <= CPUSET_CPUS);
	while (fits && add_region(&span, limit, &set)) {
		if (span.at == span.end) {
			*ret = set;
			return TRUE;
		}
		if (!span_take_literal(&span, ","))
			break;
	}
	shown = escape_text(text, (gssize)strnlen(text, SHOWN_BYTES));
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "'%s' is not a list of CPUs from 0 to %u such as 0,2,4-N or "
			   "0-31:2/4",
			   shown, limit - 1);
}

/* Adds the CPUs of one run of hex digits, the last digit being CPUs base to base + 3. */
static gboolean add_digits(const char *digits, gsize count, guint base, guint limit,
			   Cpuset *set)
{
	for (gsize i = 0; i < count; i++) {
		int value = g_ascii_xdigit_value(digits[count - 1 - i]);

		if (value < 0)
			return FALSE;
		for (guint bit = 0; bit < 4; bit++) {
			gsize cpu = base + i * 4 + bit;

			if (!(value >> bit & 1))
				continue;
			if (cpu >= limit)
				return FALSE;
			cpuset_add(set, (guint)cpu);
		}
	}
	return TRUE;
}

gboolean cpumask_parse(const char *text, guint limit, Cpuset *ret, GError **error)
{
	g_auto(GStrv) groups = g_strsplit(g_str_has_prefix(text, "0x") ? text + 2 : text, ",", -1);
	guint n = g_strv_length(groups);
	Cpuset set = {0};
	gboolean good = n > 0;

	g_assert(limit >= 1 && limit <= CPUSET_CPUS);
	/* Behind a comma a group has its eight digits; one without commas may have any number. */
	for (guint i = 0; good && i < n; i++) {
		gsize digits = strlen(groups[i]);

		good = digits > 0 && (n == 1 || digits <= 8) && (i == 0 || digits == 8) &&
		       add_digits(groups[i], digits, (n - 1 - i) * 32, limit, &set);
	}
	if (!good) {
		g_autofree char *shown =
			escape_text(text, (gssize)strnlen(text, SHOWN_BYTES));

		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' is not a mask of CPUs from 0 to %u such as 0x0e", shown,
				   limit - 1);
	}
	*ret = set;
	return TRUE;
}

char *cpumask_format(const Cpuset *set)
{
	GString *text = g_string_new("0x");
	int top = -1;

	for (int i = WORDS * 2 - 1; i >= 0; i--) {
		guint32 group = (guint32)(set->bits[i / 2] >> (i % 2 * 32));

		if (top < 0 && !group && i > 0)
			continue;
		if (top < 0)
			g_string_append_printf(text, "%x", group);
		else
			g_string_append_printf(text, ",%08x", group);
		top = MAX(top, i);
	}
	return g_string_free(text, FALSE);
}
