/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "systemd.h"

#include <string.h>

#include "dbus_peer.h"

#define SYSTEMD    "org.freedesktop.systemd1"
#define PATH       "/org/freedesktop/systemd1"
#define MANAGER    SYSTEMD ".Manager"
#define UNIT       SYSTEMD ".Unit"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/* Jobs, mostly of others, that end before the reply tells which is ours: a boot has a few
 * hundred. More are not kept; if ours were among them, the wait would end at the
 * deadline. */
#define ENDED_JOBS_MAX 4096

struct Systemd {
	DbusPeer *peer;
	const char *unit;
	char *path; /* of the unit's object */
	gboolean changed;
	GHashTable *ended; /* path of a job -> its result */
};

static void on_job_removed(GDBusConnection *connection, const char *sender,
			   const char *path, const char *interface, const char *signal,
			   GVariant *parameters, gpointer data)
{
	Systemd *systemd = data;
	char *job, *result;

	(void)connection, (void)sender, (void)path, (void)interface, (void)signal;
	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(uoss)")) ||
	    g_hash_table_size(systemd->ended) >= ENDED_JOBS_MAX)
		return;
	g_variant_get(parameters, "(uoss)", NULL, &job, NULL, &result);
	g_hash_table_replace(systemd->ended, job, result);
}

/* What it says is not used: the unit is read again as a whole. */
static void on_changed(GDBusConnection *connection, const char *sender, const char *path,
		       const char *interface, const char *signal, GVariant *parameters,
		       gpointer data)
{
	Systemd *systemd = data;

	(void)connection, (void)sender, (void)path, (void)interface, (void)signal;
	(void)parameters;
	systemd->changed = TRUE;
}

static gboolean load_unit(Systemd *systemd, GError **error)
{
	g_autoptr(GVariant) subscribed = NULL;
	g_autoptr(GVariant) loaded = NULL;

	dbus_peer_subscribe(systemd->peer, PATH, MANAGER, "JobRemoved", on_job_removed,
			    systemd);
	/* It sends signals only when somebody has asked for them. */
	subscribed = dbus_peer_call(systemd->peer, PATH, MANAGER, "Subscribe", NULL, "()",
				    error);
	if (!subscribed)
		return FALSE;
	loaded = dbus_peer_call(systemd->peer, PATH, MANAGER, "LoadUnit",
				g_variant_new("(s)", systemd->unit), "(o)", error);
	if (!loaded)
		return FALSE;
	g_variant_get(loaded, "(o)", &systemd->path);
	dbus_peer_subscribe(systemd->peer, systemd->path, PROPERTIES, "PropertiesChanged",
			    on_changed, systemd);
	return TRUE;
}

Systemd *systemd_open(const char *unit, guint seconds, GError **error)
{
	DbusPeer *peer = dbus_peer_open(SYSTEMD, seconds, error);
	Systemd *systemd;

	if (!peer)
		return NULL;
	systemd = g_new0(Systemd, 1);
	systemd->peer = peer;
	systemd->unit = unit;
	systemd->ended = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (load_unit(systemd, error))
		return systemd;
	systemd_close(systemd);
	return NULL;
}

void systemd_close(Systemd *systemd)
{
	if (!systemd)
		return;
	dbus_peer_close(systemd->peer);
	g_hash_table_unref(systemd->ended);
	g_free(systemd->path);
	g_free(systemd);
}

void systemd_unit_free(SystemdUnit *unit)
{
	if (!unit)
		return;
	g_free(unit->load);
	g_free(unit->active);
	g_free(unit);
}

SystemdUnit *systemd_read(Systemd *systemd, GError **error)
{
	g_autoptr(SystemdUnit) unit = g_new0(SystemdUnit, 1);
	g_autoptr(GVariant) reply = NULL;
	g_autoptr(GVariant) values = NULL;

	systemd->changed = FALSE;
	reply = dbus_peer_call(systemd->peer, systemd->path, PROPERTIES, "GetAll",
			       g_variant_new("(s)", UNIT), "(a{sv})", error);
	if (!reply)
		return NULL;
	values = g_variant_get_child_value(reply, 0);
	if (g_variant_lookup(values, "LoadState", "s", &unit->load) &&
	    g_variant_lookup(values, "ActiveState", "s", &unit->active) &&
	    g_variant_lookup(values, "CanStart", "b", &unit->can_start))
		return g_steal_pointer(&unit);
	g_set_error_literal(
		error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
		"GetAll: no LoadState, ActiveState or CanStart of their types");
	return NULL;
}

gboolean systemd_wait_change(Systemd *systemd, GError **error)
{
	while (!systemd->changed)
		if (!dbus_peer_await_event(systemd->peer, error))
			return FALSE;
	return TRUE;
}

gboolean systemd_run_job(Systemd *systemd, const char *method, GError **error)
{
	g_autoptr(GVariant) reply = NULL;
	g_autofree char *words = NULL;
	const char *job, *result;

	reply = dbus_peer_call(systemd->peer, PATH, MANAGER, method,
			       g_variant_new("(ss)", systemd->unit, "replace"), "(o)",
			       error);
	if (!reply)
		return FALSE;
	g_variant_get(reply, "(&o)", &job);
	while (!(result = g_hash_table_lookup(systemd->ended, job)))
		if (!dbus_peer_await_event(systemd->peer, error))
			return FALSE;
	if (strcmp(result, "done") == 0)
		return TRUE;
	words = dbus_peer_harmless(result);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
		    "its job ended as '%s', not 'done'", words);
	return FALSE;
}
