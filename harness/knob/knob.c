/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "knob.h"

#include <string.h>

#include "ini.h"
#include "view.h"

const char *knob_scope_name(KnobScope scope)
{
	return scope == SCOPE_HOST ? "host" : scope == SCOPE_VM ? "vm" : "guest";
}

static const char *const when_names[] = {
	[WHEN_RUNTIME] = "runtime",   [WHEN_VM_RESTART] = "vm-restart",
	[WHEN_REBOOT] = "reboot",     [WHEN_FIRMWARE] = "firmware",
	[WHEN_NEVER] = "never",
};

const char *knob_when_name(KnobWhen when)
{
	return when_names[when];
}

static const char *const place_names[] = {
	[PLACE_FILE] = "file",	     [PLACE_PARAMETER] = "kernel parameter",
	[PLACE_KCONFIG] = "kconfig", [PLACE_DOMAIN] = "domain XML",
	[PLACE_THREAD] = "thread",   [PLACE_SERVICE] = "service",
	[PLACE_COMPUTED] = "computed", [PLACE_EXPLAIN] = "explain",
};

const char *knob_place_name(KnobPlace place)
{
	return place_names[place];
}

const Knob *knob_find(const char *id, const KnobLayer **ret_layer)
{
	KNOB_FOREACH (layer, knob)
		if (strcmp(knob->id, id) == 0) {
			if (ret_layer)
				*ret_layer = layer;
			return knob;
		}
	return NULL;
}

const char *knob_nearest(const char *id)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new();

	KNOB_FOREACH (layer, knob)
		g_ptr_array_add(ids, (gpointer)knob->id);
	return ini_nearest(id, (const char *const *)ids->pdata, ids->len);
}

/* "cpu{cpu}" -> "cpu*". */
static char *as_pattern(const char *path)
{
	g_autoptr(GString) pattern = g_string_new(path);

	g_string_replace(pattern, "{cpu}", "*", 0);
	g_string_replace(pattern, "{node}", "*", 0);
	return g_string_free(g_steal_pointer(&pattern), FALSE);
}

/* What each kind of place is read from, besides the row's path. */
static const char *const nothing[] = {NULL};
static const char *const parameter_files[] = {"proc/cmdline", NULL};
static const char *const kconfig_files[] = {
	"proc/sys/kernel/osrelease", "boot/config-*",
	"lib/modules/*/config",	     "usr/lib/modules/*/config",
	"proc/config.gz",	     NULL,
};
static const char *const domain_files[] = {"domain-live.xml", NULL};
static const char *const thread_files[] = {CAPTURE_THREADS, "proc/*/task/*/stat",
					   "proc/*/task/*/status", NULL};
/* Besides the units, see add_units(). */
static const char *const service_files[] = {CAPTURE_THREADS, "proc/*/task/*/stat",
					    "proc/*/task/*/status", "run/systemd/system/",
					    NULL};
static const char *const *const place_files[] = {
	[PLACE_FILE] = nothing,		  [PLACE_PARAMETER] = parameter_files,
	[PLACE_KCONFIG] = kconfig_files,  [PLACE_DOMAIN] = domain_files,
	[PLACE_THREAD] = thread_files,	  [PLACE_SERVICE] = service_files,
	[PLACE_COMPUTED] = nothing,	  [PLACE_EXPLAIN] = nothing,
};

/* What the view itself reads to know the CPUs and how whole the tree is. */
static const char *const view_files[] = {
	CAPTURE_COMPLETE,
	"proc/cmdline",
	"proc/sys/kernel/osrelease",
	"sys/devices/system/cpu/online",
	"sys/devices/system/cpu/possible",
	"sys/devices/system/cpu/isolated",
	NULL,
};

static void add_all(GPtrArray *into, GHashTable *seen, const char *const *patterns)
{
	for (; patterns && *patterns; patterns++)
		if (g_hash_table_add(seen, g_strdup(*patterns)))
			g_ptr_array_add(into, g_strdup(*patterns));
}

/* Where systemd keeps what of a unit tells whether it is there and enabled. */
static void add_units(GPtrArray *into, GHashTable *seen, const Knob *knob)
{
	static const char *const folders[] = {"etc/systemd/system", "etc/systemd/system/*.wants",
					      "lib/systemd/system", "usr/lib/systemd/system"};
	g_auto(GStrv) units = g_strsplit(knob->path, " ", -1);

	for (char **unit = units; *unit; unit++)
		for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
			g_autofree char *path = g_strconcat(folders[i], "/", *unit, NULL);

			add_all(into, seen, (const char *const[]){path, NULL});
		}
}

static void add_row(GPtrArray *into, GHashTable *seen, const Knob *knob)
{
	add_all(into, seen, place_files[knob->place]);
	add_all(into, seen, knob->reads);
	if (knob->place == PLACE_SERVICE)
		add_units(into, seen, knob);
	if (knob->place == PLACE_FILE) {
		g_autofree char *pattern = as_pattern(knob->path);

		add_all(into, seen, (const char *const[]){pattern, NULL});
	}
}

typedef gboolean (*KnobFilter)(const Knob *knob, gconstpointer data);

static char **collect(KnobFilter is_wanted, gconstpointer data)
{
	g_autoptr(GPtrArray) patterns = g_ptr_array_new();
	g_autoptr(GHashTable) seen =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	add_all(patterns, seen, view_files);
	KNOB_FOREACH (layer, knob)
		if (is_wanted(knob, data))
			add_row(patterns, seen, knob);
	g_ptr_array_add(patterns, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&patterns), FALSE);
}

static gboolean is_of_scopes(const Knob *knob, gconstpointer scopes)
{
	return (knob->scopes & *(const guint *)scopes) != 0;
}

static gboolean is_judged_again(const Knob *knob, gconstpointer scopes)
{
	return knob->again != AGAIN_NOT && is_of_scopes(knob, scopes);
}

static gboolean is_same(const Knob *knob, gconstpointer other)
{
	return knob == other;
}

char **knob_patterns(guint scopes)
{
	return collect(is_of_scopes, &scopes);
}

char **knob_patterns_again(guint scopes)
{
	return collect(is_judged_again, &scopes);
}

char **knob_patterns_of(const Knob *knob)
{
	return collect(is_same, knob);
}
