/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile_keys.h"

#include <string.h>

#include "choice.h"
#include "error.h"
#include "ini.h"
#include "knob.h"
#include "number.h"
#include "plan.h"
#include "profile_values.h"

#define NS_PER_US G_GUINT64_CONSTANT(1000)
#define NS_PER_S  G_GUINT64_CONSTANT(1000000000)

#define INTERVAL_MIN_NS (10 * NS_PER_US)
#define INTERVAL_MAX_NS NS_PER_S
#define DURATION_MIN_NS NS_PER_S
#define DURATION_MAX_NS (720 * 3600 * NS_PER_S)
/* The verdict needs at least half of what was planned (design: never below 50 %). */
#define FLOOR_MIN_PERCENT 50
#define BUCKETS_MAX       100000
/* 99 belongs to the kernel's migration threads. */
#define PRIORITY_MAX   98
#define MEMORY_MIN_MIB 128
#define MEMORY_MAX_MIB (1u << 20)
#define WORD_MAX       32

static const char *const tools[] = {"cyclictest"};
static const char *const places[] = {"guest"};

gboolean profile_word_check(const char *word, const char *what, GError **error)
{
	gsize length = strlen(word);

	if (length > 0 && length <= WORD_MAX && strchr("._-", word[0]) == NULL &&
	    strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789._-") == length)
		return TRUE;
	return lathe_error(
		error, LATHE_ERROR_INPUT,
		"'%.64s' is not %s (a-z and 0-9, then also '.', '_', '-'; at most %d)",
		word, what, WORD_MAX);
}

static gboolean check_load(const char *word, GError **error)
{
	return profile_word_check(word, "the name of a load", error);
}

static gboolean check_guest_file(const char *word, GError **error)
{
	const char *guest = strstr(word, ":/");

	if (guest && guest != word && guest[2] && !strstr(guest, "/../") &&
	    !g_str_has_suffix(guest, "/..") && !strchr(guest + 1, ':'))
		return TRUE;
	return lathe_error(error, LATHE_ERROR_INPUT, "'%s' is not FILE:/GUEST/PATH",
			   word);
}

/* A row needs the same three arguments whether or not it uses them. */
#define SET(id)                                                                          \
	static gboolean set_##id(Profile *p, ProfileStage *s, const char *v, GError **e)
#define GET(id)   static char *get_##id(const Profile *p, const ProfileStage *s)
#define UNUSED(x) ((void)(x))

#define TEXT_KEY(id)                                                                     \
	SET(id)                                                                          \
	{                                                                                \
		UNUSED(s);                                                               \
		return value_text(v, &p->id, e);                                         \
	}                                                                                \
	GET(id)                                                                          \
	{                                                                                \
		UNUSED(s);                                                               \
		return g_strdup(p->id);                                                  \
	}
#define CHOICE_KEY(id, member, yes, no)                                                  \
	SET(id)                                                                          \
	{                                                                                \
		UNUSED(s);                                                               \
		return value_choice(v, yes, no, &p->member, e);                          \
	}                                                                                \
	GET(id)                                                                          \
	{                                                                                \
		UNUSED(s);                                                               \
		return g_strdup(p->member ? yes : no);                                   \
	}
#define NUMBER_KEY(id, min, max)                                                         \
	SET(id)                                                                          \
	{                                                                                \
		UNUSED(s);                                                               \
		return value_number(v, min, max, &p->id, e);                             \
	}                                                                                \
	GET(id)                                                                          \
	{                                                                                \
		UNUSED(s);                                                               \
		return g_strdup_printf("%u", p->id);                                     \
	}

TEXT_KEY(title)
TEXT_KEY(source)
TEXT_KEY(guest_cmdline)
CHOICE_KEY(emulation, emulation_allowed, "allowed", "refused")
CHOICE_KEY(plan, demonstration_allowed, "demonstration", "qualification")
CHOICE_KEY(findings, findings_shown, "shown", "judged")
NUMBER_KEY(samples_floor_percent, FLOOR_MIN_PERCENT, 100)
NUMBER_KEY(memory_mib, MEMORY_MIN_MIB, MEMORY_MAX_MIB)
NUMBER_KEY(buckets, 1, BUCKETS_MAX)
NUMBER_KEY(priority, 1, PRIORITY_MAX)

SET(name)
{
	UNUSED(s);
	return profile_word_check(v, "the name of a profile", e) &&
	       value_text(v, &p->name, e);
}

GET(name)
{
	UNUSED(s);
	return g_strdup(p->name);
}

SET(vcpus)
{
	UNUSED(s);
	if (strcmp(v, "auto") == 0) {
		p->vcpus = 0;
		return TRUE;
	}
	if (value_number(v, PLAN_VCPUS_MIN, PLAN_VCPUS_MAX, &p->vcpus, e))
		return TRUE;
	g_prefix_error(e, "neither 'auto' nor a number: ");
	return FALSE;
}

GET(vcpus)
{
	UNUSED(s);
	return p->vcpus ? g_strdup_printf("%u", p->vcpus) : g_strdup("auto");
}

/* ID=VALUE of a row of the knob table on which sources disagree. */
static gboolean check_choice(const char *word, GError **error)
{
	const Knob *knob;
	const char *value;

	return choice_parse(word, LATHE_ERROR_INPUT, &knob, &value, error);
}

/* Of two sides of one row the last would win unseen. */
static gboolean check_sides(const GPtrArray *choices, GError **error)
{
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < choices->len; i++) {
		const Knob *knob = NULL;
		const char *value;

		if (!choice_parse(choices->pdata[i], LATHE_ERROR_INPUT, &knob, &value, error))
			return FALSE;
		if (!g_hash_table_add(ids, (gpointer)knob->id))
			return lathe_error(error, LATHE_ERROR_INPUT, "two sides of '%s'",
					   knob->id);
	}
	return TRUE;
}

SET(policy)
{
	g_autoptr(GPtrArray) choices = g_ptr_array_new();

	UNUSED(s);
	if (!value_words(v, check_choice, &choices, e) || !check_sides(choices, e))
		return FALSE;
	g_ptr_array_unref(p->choices);
	p->choices = g_steal_pointer(&choices);
	return TRUE;
}

GET(policy)
{
	UNUSED(s);
	return value_join(p->choices);
}

/* A glob over ids of rows that tuning changes. */
static gboolean check_tuned_row(const char *word, GError **error)
{
	KNOB_FOREACH (layer, knob)
		if ((knob->set || knob->change) && g_pattern_match_simple(word, knob->id))
			return TRUE;
	return lathe_error(error, LATHE_ERROR_INPUT, "'%s' names no row that is tuned", word);
}

SET(tune_skip)
{
	UNUSED(s);
	return value_words(v, check_tuned_row, &p->tune_skip, e);
}

GET(tune_skip)
{
	UNUSED(s);
	return value_join(p->tune_skip);
}

SET(files)
{
	UNUSED(s);
	return value_words(v, check_guest_file, &p->guest_files, e);
}

GET(files)
{
	UNUSED(s);
	return value_join(p->guest_files);
}

SET(tool)
{
	UNUSED(s);
	return value_member(v, tools, G_N_ELEMENTS(tools), &p->tool, e);
}

GET(tool)
{
	UNUSED(s);
	return g_strdup(p->tool);
}

SET(interval)
{
	UNUSED(s);
	return value_duration(v, INTERVAL_MIN_NS, INTERVAL_MAX_NS, NS_PER_US,
			      &p->interval_us, e);
}

GET(interval)
{
	UNUSED(s);
	return duration_format(p->interval_us * NS_PER_US);
}

SET(where)
{
	UNUSED(p);
	return value_member(v, places, G_N_ELEMENTS(places), &s->where, e);
}

GET(where)
{
	UNUSED(p);
	return g_strdup(s->where);
}

SET(duration)
{
	UNUSED(p);
	return value_duration(v, DURATION_MIN_NS, DURATION_MAX_NS, NS_PER_S,
			      &s->duration_s, e);
}

GET(duration)
{
	UNUSED(p);
	return duration_format(s->duration_s * NS_PER_S);
}

SET(loads)
{
	UNUSED(p);
	return value_words(v, check_load, &s->loads, e);
}

GET(loads)
{
	UNUSED(p);
	return value_join(s->loads);
}

SET(limits)
{
	GArray *limits;

	UNUSED(p);
	if (!limits_parse(v, &limits, e))
		return FALSE;
	g_array_unref(s->limits);
	s->limits = limits;
	return TRUE;
}

/* NULL: the key is left out. */
GET(limits)
{
	UNUSED(p);
	return s->limits->len ? limits_format(s->limits) : NULL;
}

#define REQUIRED TRUE
#define OPTIONAL FALSE

/* clang-format off */
#define PROFILE_KEYS(ROW)                                                                    \
	ROW(PROFILE, "name",                  REQUIRED, name)                                \
	ROW(PROFILE, "title",                 OPTIONAL, title)                               \
	ROW(PROFILE, "source",                OPTIONAL, source)                              \
	ROW(PROFILE, "emulation",             OPTIONAL, emulation)                           \
	ROW(PROFILE, "plan",                  OPTIONAL, plan)                                \
	ROW(PROFILE, "findings",              OPTIONAL, findings)                            \
	ROW(PROFILE, "policy",                OPTIONAL, policy)                              \
	ROW(PROFILE, "tune_skip",             OPTIONAL, tune_skip)                           \
	ROW(PROFILE, "samples_floor_percent", OPTIONAL, samples_floor_percent)               \
	ROW(GUEST,   "vcpus",                 OPTIONAL, vcpus)                               \
	ROW(GUEST,   "memory_mib",            OPTIONAL, memory_mib)                          \
	ROW(GUEST,   "cmdline",               OPTIONAL, guest_cmdline)                       \
	ROW(GUEST,   "files",                 OPTIONAL, files)                               \
	ROW(MEASURE, "tool",                  OPTIONAL, tool)                                \
	ROW(MEASURE, "interval",              REQUIRED, interval)                            \
	ROW(MEASURE, "histogram",             REQUIRED, buckets)                             \
	ROW(MEASURE, "priority",              REQUIRED, priority)                            \
	ROW(STAGE,   "where",                 OPTIONAL, where)                               \
	ROW(STAGE,   "duration",              REQUIRED, duration)                            \
	ROW(STAGE,   "loads",                 OPTIONAL, loads)                               \
	ROW(STAGE,   "limits",                OPTIONAL, limits)
#define AS_ROW(section, key, required, id) {SECTION_##section, key, required, set_##id, get_##id},
#define AS_NAME(section, key, required, id) key,
/* clang-format on */

const ProfileKey profile_key_rows[] = {
	PROFILE_KEYS(AS_ROW){SECTION_PROFILE, NULL, FALSE, NULL, NULL}};
const char *const profile_keys[] = {PROFILE_KEYS(AS_NAME) NULL};

const ProfileKey *profile_key_find(ProfileSection section, const char *key)
{
	for (const ProfileKey *row = profile_key_rows; row->key; row++)
		if (row->section == section && strcmp(row->key, key) == 0)
			return row;
	return NULL;
}

char *profile_key_hint(ProfileSection section, const char *key)
{
	const char *candidates[G_N_ELEMENTS(profile_keys)];
	const char *nearest;
	gsize n = 0;

	for (const ProfileKey *row = profile_key_rows; row->key; row++)
		if (row->section == section)
			candidates[n++] = row->key;
	nearest = ini_nearest(key, candidates, n);
	return nearest ? g_strdup_printf(" (did you mean '%s'?)", nearest) : g_strdup("");
}
