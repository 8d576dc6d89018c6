/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A unit of systemd: "running" or "stopped", the words of the rows that judge services.
 */
#include "target.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>

#include "dbus_peer.h"
#include "error.h"
#include "systemd.h"

#define RUNNING "running"
#define STOPPED "stopped"

/* ActiveState of org.freedesktop.systemd1(5). NULL: on its way to another one. */
static const struct {
	const char *active, *value;
} states[] = {
	{"active", RUNNING},    {"reloading", RUNNING}, {"refreshing", RUNNING},
	{"inactive", STOPPED},  {"failed", STOPPED},    {"activating", NULL},
	{"deactivating", NULL}, {"maintenance", NULL},
};

static const struct {
	const char *value, *method, *verb;
} jobs[] = {
	{RUNNING, "StartUnit", "start"},
	{STOPPED, "StopUnit", "stop"},
};

/* Of the errors in dbus_peer.h. */
static const struct {
	GIOErrorEnum code;
	int errnum;
	LatheErrorCode becomes;
} errors[] = {
	{G_IO_ERROR_NOT_FOUND, ENOENT, LATHE_ERROR_ENVIRONMENT},
	{G_IO_ERROR_PERMISSION_DENIED, EACCES, LATHE_ERROR_ENVIRONMENT},
	{G_IO_ERROR_TIMED_OUT, ETIMEDOUT, LATHE_ERROR_TIMEOUT},
	{G_IO_ERROR_INVALID_DATA, EPROTO, LATHE_ERROR_INPUT},
	{G_IO_ERROR_CLOSED, ECONNRESET, LATHE_ERROR_IO},
	{G_IO_ERROR_FAILED, EIO, LATHE_ERROR_ENVIRONMENT},
};

static gsize error_row(const GError *cause)
{
	gsize row = 0;

	while (row < G_N_ELEMENTS(errors) - 1 && (int)errors[row].code != cause->code)
		row++;
	return row;
}

/* systemd.unit(5): at most 255 bytes of these. Services and timers are all that the rows
 * name: no journal has a target started, such as poweroff.target. */
static gboolean is_unit_name(const char *place)
{
	gsize length = strlen(place);

	return length <= 255 &&
	       length ==
		       strspn(place, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS ":-_.\\@") &&
	       *place != '.' &&
	       (g_str_has_suffix(place, ".service") || g_str_has_suffix(place, ".timer"));
}

/* A systemd that runs (sd_booted(3)) and does not answer is no proof that the unit is
 * gone: the bus may be down for a moment. */
static Systemd *open_systemd(const TargetHost *host, const char *place, GError **error)
{
	GError *cause = NULL;
	Systemd *systemd = systemd_open(place, host->write_seconds, &cause);

	if (systemd)
		return systemd;
	if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) &&
	    root_is_directory(host->root, "run/systemd/system"))
		cause->code = G_IO_ERROR_CLOSED;
	g_propagate_error(error, cause);
	return NULL;
}

/* One of states[], by its value; NULL with an error. */
static const char *settled_value(Systemd *systemd, GError **error)
{
	for (;;) {
		g_autoptr(SystemdUnit) unit = systemd_read(systemd, error);
		gsize row = 0;

		if (!unit)
			return NULL;
		/* Also when it runs on without its file: it could not be started again.
		 */
		if (strcmp(unit->load, "not-found") == 0) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
					    "it is not installed");
			return NULL;
		}
		while (row < G_N_ELEMENTS(states) &&
		       strcmp(states[row].active, unit->active) != 0)
			row++;
		if (row == G_N_ELEMENTS(states)) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
					    "an unknown state");
			return NULL;
		}
		if (states[row].value)
			return states[row].value;
		if (!systemd_wait_change(systemd, error))
			return NULL;
	}
}

static gboolean read_service(const TargetHost *host, const char *place, char **ret,
			     int *ret_errno)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Systemd) systemd = NULL;
	const char *value = NULL;

	/* A tree has no systemd to ask. */
	if (!root_is_live(host->root) || !is_unit_name(place)) {
		*ret_errno = root_is_live(host->root) ? EINVAL : ENOENT;
		return FALSE;
	}
	systemd = open_systemd(host, place, &error);
	if (systemd)
		value = settled_value(systemd, &error);
	if (!value) {
		*ret_errno = errors[error_row(error)].errnum;
		return FALSE;
	}
	*ret = g_strdup(value);
	return TRUE;
}

/* What was stopped must start again when it is put back. */
static gboolean can_change(const SystemdUnit *unit, GError **error)
{
	g_autofree char *load = dbus_peer_harmless(unit->load);

	if (strcmp(unit->load, "not-found") == 0)
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
				    "it is not installed");
	else if (strcmp(unit->load, "loaded") != 0)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "it is '%s', not 'loaded': it cannot be started", load);
	else if (!unit->can_start)
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED,
				    "it cannot be started by hand (RefuseManualStart=)");
	else
		return TRUE;
	return FALSE;
}

static gboolean change(const TargetHost *host, const char *place, const char *method,
		       GError **error)
{
	g_autoptr(Systemd) systemd = open_systemd(host, place, error);
	g_autoptr(SystemdUnit) unit = NULL;

	if (!systemd)
		return FALSE;
	unit = systemd_read(systemd, error);
	return unit && can_change(unit, error) && systemd_run_job(systemd, method, error);
}

static gboolean write_service(const TargetHost *host, const char *place,
			      const char *value, GError **error)
{
	g_autoptr(GError) cause = NULL;
	gsize job = 0;

	while (job < G_N_ELEMENTS(jobs) && strcmp(jobs[job].value, value) != 0)
		job++;
	if (job == G_N_ELEMENTS(jobs) || !is_unit_name(place)) {
		g_autofree char *unit = dbus_peer_harmless(place);
		g_autofree char *wanted = dbus_peer_harmless(value);

		return lathe_error(
			error, LATHE_ERROR_INPUT,
			"'%s' to '%s': a service or timer becomes 'running' or "
			"'stopped'",
			wanted, unit);
	}
	if (!root_is_live(host->root))
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
				   "%s '%s': a captured machine has no systemd that runs",
				   jobs[job].verb, place);
	if (change(host, place, jobs[job].method, &cause))
		return TRUE;
	lathe_error(error, errors[error_row(cause)].becomes, "%s '%s': %s",
		    jobs[job].verb, place, cause->message);
	if (cause->code == G_IO_ERROR_PERMISSION_DENIED)
		lathe_error_hint(error,
				 "run as root; where root may not, a policy of D-Bus, "
				 "polkit or SELinux forbids it");
	return FALSE;
}

static gboolean same_word(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

const TargetKind target_service = {
	.read = read_service,
	.write = write_service,
	.same = same_word,
};
