/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile.h"

#include <string.h>

#include "error.h"
#include "ini.h"
#include "profile_keys.h"

#define STAGE_PREFIX "stage "
#define STAGES_MAX   64
/* profile_format() writes it as one line of at most 4096 bytes. */
#define OVERRIDE_MAX 2048
/* Enough for the built guest, whose memory holds its initramfs as well. */
#define MEMORY_DEFAULT_MIB    512
#define FLOOR_DEFAULT_PERCENT 99

/* In the order of ProfileSection; a stage's section carries its name. */
static const char *const sections[] = {"profile", "guest", "measure"};

static void stage_free(gpointer data)
{
	ProfileStage *stage = data;

	g_free(stage->name);
	g_free(stage->where);
	g_ptr_array_unref(stage->loads);
	g_array_unref(stage->limits);
	g_free(stage);
}

static ProfileStage *stage_new(const char *name)
{
	ProfileStage *stage = g_new0(ProfileStage, 1);

	stage->name = g_strdup(name);
	stage->where = g_strdup("guest");
	stage->loads = g_ptr_array_new_with_free_func(g_free);
	stage->limits = g_array_new(FALSE, FALSE, sizeof(Limit));
	return stage;
}

guint64 profile_planned_samples(const Profile *profile, const ProfileStage *stage)
{
	return stage->duration_s * 1000000 / profile->interval_us;
}

static Profile *profile_new(void)
{
	Profile *profile = g_new0(Profile, 1);

	profile->title = g_strdup("");
	profile->source = g_strdup("");
	profile->samples_floor_percent = FLOOR_DEFAULT_PERCENT;
	profile->memory_mib = MEMORY_DEFAULT_MIB;
	profile->guest_cmdline = g_strdup("");
	profile->choices = g_ptr_array_new_with_free_func(g_free);
	profile->tune_skip = g_ptr_array_new_with_free_func(g_free);
	profile->guest_files = g_ptr_array_new_with_free_func(g_free);
	profile->tool = g_strdup("cyclictest");
	profile->stages = g_ptr_array_new_with_free_func(stage_free);
	profile->overrides = g_ptr_array_new_with_free_func(g_free);
	return profile;
}

void profile_free(Profile *profile)
{
	if (!profile)
		return;
	g_free(profile->name);
	g_free(profile->title);
	g_free(profile->source);
	g_free(profile->guest_cmdline);
	g_ptr_array_unref(profile->choices);
	g_ptr_array_unref(profile->tune_skip);
	g_ptr_array_unref(profile->guest_files);
	g_free(profile->tool);
	g_ptr_array_unref(profile->stages);
	g_ptr_array_unref(profile->overrides);
	g_free(profile);
}

/* Directories of a bundle that hold other things beside the stages. */
static const char *const reserved[] = {"before", "after", "canary", NULL};

static gboolean add_stage(Profile *profile, const Ini *ini, const IniSection *section,
			  ProfileStage **ret, GError **error)
{
	g_autofree char *name = g_strdup(section->name + strlen(STAGE_PREFIX));

	g_strstrip(name);
	if (!profile_word_check(name, "the name of a stage", error)) {
		g_prefix_error(error, "%s:%u: ", ini->name, section->line);
		return FALSE;
	}
	if (g_strv_contains(reserved, name))
		return ini_fail(ini, section->line, error,
			       "a stage cannot be called '%s': the bundle needs that name",
			       name);
	for (guint i = 0; i < profile->stages->len; i++)
		if (strcmp(((ProfileStage *)profile->stages->pdata[i])->name, name) == 0)
			return ini_fail(ini, section->line, error, "stage '%s' again",
				       name);
	if (profile->stages->len == STAGES_MAX)
		return ini_fail(ini, section->line, error, "more than %d stages",
			       STAGES_MAX);
	*ret = stage_new(name);
	g_ptr_array_add(profile->stages, *ret);
	return TRUE;
}

static gboolean find_section(Profile *profile, const Ini *ini, const IniSection *section,
			     ProfileSection *ret, ProfileStage **ret_stage,
			     GError **error)
{
	static const char *const known[] = {"profile", "guest", "measure", "stage NAME",
					    "stage"};
	const char *near;

	*ret_stage = NULL;
	for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
		if (strcmp(section->name, sections[i]) == 0) {
			*ret = (ProfileSection)i;
			return TRUE;
		}
	}
	*ret = SECTION_STAGE;
	if (g_str_has_prefix(section->name, STAGE_PREFIX))
		return add_stage(profile, ini, section, ret_stage, error);
	near = ini_nearest(section->name, known, G_N_ELEMENTS(known));
	if (near && g_str_has_prefix(near, "stage"))
		near = "stage NAME";
	return ini_fail(ini, section->line, error, "section [%s] is not known%s%s%s",
		       section->name, near ? " (did you mean [" : "", near ? near : "",
		       near ? "]?)" : "");
}

static gboolean read_section(Profile *profile, const Ini *ini, const IniSection *section,
			     GError **error)
{
	ProfileSection kind;
	ProfileStage *stage;

	if (!find_section(profile, ini, section, &kind, &stage, error))
		return FALSE;
	for (guint i = 0; i < section->entries->len; i++) {
		const IniEntry *entry = &g_array_index(section->entries, IniEntry, i);
		const ProfileKey *key = profile_key_find(kind, entry->key);

		if (!key) {
			g_autofree char *hint = profile_key_hint(kind, entry->key);

			return ini_fail(ini, entry->line, error,
				       "key '%s' is not known in [%s]%s", entry->key,
				       section->name, hint);
		}
		if (!key->set(profile, stage, entry->value, error)) {
			g_prefix_error(error, "%s:%u: %s: ", ini->name, entry->line,
				       entry->key);
			return FALSE;
		}
	}
	for (const ProfileKey *key = profile_key_rows; key->key; key++)
		if (key->section == kind && key->required &&
		    !ini_entry(section, key->key))
			return ini_fail(ini, section->line, error, "[%s] has no '%s'",
				       section->name, key->key);
	return TRUE;
}

Profile *profile_parse(const char *text, gsize length, const char *file_name,
		       GError **error)
{
	g_autoptr(Ini) ini = ini_parse(text, length, file_name, error);
	g_autoptr(Profile) profile = NULL;

	if (!ini)
		return NULL;
	profile = profile_new();
	for (guint i = 0; i < ini->sections->len; i++)
		if (!read_section(profile, ini, ini->sections->pdata[i], error))
			return NULL;
	/* Of [guest] every key has a default. */
	for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
		if (i == SECTION_GUEST || ini_section(ini, sections[i]))
			continue;
		lathe_error(error, LATHE_ERROR_INPUT, "%s: there is no section [%s]",
			    ini->name, sections[i]);
		return NULL;
	}
	if (profile->stages->len == 0) {
		lathe_error(error, LATHE_ERROR_INPUT, "%s: there is no [stage NAME]",
			    ini->name);
		return NULL;
	}
	return g_steal_pointer(&profile);
}

gboolean profile_override(Profile *profile, const char *key, const char *value,
			  GError **error)
{
	static const ProfileSection open[] = {SECTION_GUEST, SECTION_MEASURE,
					      SECTION_STAGE};
	g_autofree char *trimmed = g_strstrip(g_strdup(value));
	const char *name = strcmp(key, "limit") == 0 ? "limits" : key;
	const ProfileKey *row = NULL;
	gboolean ok = TRUE;

	for (gsize i = 0; i < G_N_ELEMENTS(open) && !row; i++)
		row = profile_key_find(open[i], name);
	if (!row && profile_key_find(SECTION_PROFILE, name)) {
		lathe_error(error, LATHE_ERROR_USAGE,
			    "'%s' is a key of [profile], which --set does not change", key);
		lathe_error_hint(error, "it says what a verdict means: write a profile of your own");
		return FALSE;
	}
	if (!row) {
		const char *near = ini_nearest(key, profile_keys,
					       g_strv_length((char **)profile_keys));

		return lathe_error(
			error, LATHE_ERROR_USAGE,
			"'%s' is not a key of [guest], [measure] or a stage%s%s%s", key,
			near ? " (did you mean '" : "", near ? near : "",
			near ? "'?)" : "");
	}
	/* What a file could not hold in one line must not come in here either. */
	for (const char *p = trimmed; *p; p++)
		ok &= !g_ascii_iscntrl(*p) || *p == '\t';
	if (!ok || strlen(trimmed) > OVERRIDE_MAX || !g_utf8_validate(trimmed, -1, NULL))
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "%s: not one line of at most %d bytes in UTF-8", key,
				   OVERRIDE_MAX);
	if (row->section != SECTION_STAGE)
		ok = row->set(profile, NULL, trimmed, error);
	/* The same value for every stage: if the first takes it, all do. */
	for (guint i = 0; ok && row->section == SECTION_STAGE && i < profile->stages->len;
	     i++)
		ok = row->set(profile, profile->stages->pdata[i], trimmed, error);
	if (!ok) {
		g_prefix_error(error, "%s: ", key);
		return FALSE;
	}
	g_ptr_array_add(profile->overrides, g_strdup_printf("%s=%s", name, trimmed));
	return TRUE;
}

static void format_keys(GString *text, const Profile *profile, ProfileSection section,
			const ProfileStage *stage)
{
	for (const ProfileKey *key = profile_key_rows; key->key; key++) {
		g_autofree char *value = NULL;

		if (key->section != section)
			continue;
		value = key->get(profile, stage);
		if (value)
			g_string_append_printf(text, "%s =%s%s\n", key->key,
					       *value ? " " : "", value);
	}
}

char *profile_format(const Profile *profile)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < profile->overrides->len; i++)
		g_string_append_printf(text, "# from the command line: %s\n",
				       (char *)profile->overrides->pdata[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
		g_string_append_printf(text, "%s[%s]\n", text->len ? "\n" : "",
				       sections[i]);
		format_keys(text, profile, (ProfileSection)i, NULL);
	}
	for (guint i = 0; i < profile->stages->len; i++) {
		const ProfileStage *stage = profile->stages->pdata[i];

		g_string_append_printf(text, "\n[" STAGE_PREFIX "%s]\n", stage->name);
		format_keys(text, profile, SECTION_STAGE, stage);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}
