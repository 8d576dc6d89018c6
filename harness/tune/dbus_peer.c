/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dbus_peer.h"

#include <string.h>

#include "escape.h"

#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"

/* Bytes of the other side's words in a message. */
#define WORDS_MAX 300

struct DbusPeer {
	const char *name; /* borrowed */
	char *owner;      /* its unique name */
	GDBusConnection *connection;
	GMainContext *context;
	GCancellable *deadline; /* cancelled when it has passed, and by nothing else */
	GSource *timer;
	guint seconds;
	gboolean left; /* the peer, or the bus, is gone */
	guint subscriptions[DBUS_PEER_SIGNALS + 1];
	guint n_subscriptions;
};

/* ---- what went wrong ---- */

char *dbus_peer_harmless(const char *words)
{
	return escape_text(words, (gssize)strnlen(words, WORDS_MAX));
}

typedef struct {
	int code;
	GIOErrorEnum becomes;
} Translation;

static const Translation bus_errors[] = {
	{G_DBUS_ERROR_ACCESS_DENIED, G_IO_ERROR_PERMISSION_DENIED},
	{G_DBUS_ERROR_AUTH_FAILED, G_IO_ERROR_PERMISSION_DENIED},
	/* Of a unique name: its connection ended, before the call or before the reply. */
	{G_DBUS_ERROR_SERVICE_UNKNOWN, G_IO_ERROR_CLOSED},
	{G_DBUS_ERROR_NAME_HAS_NO_OWNER, G_IO_ERROR_CLOSED},
	{G_DBUS_ERROR_NO_REPLY, G_IO_ERROR_CLOSED},
	{G_DBUS_ERROR_DISCONNECTED, G_IO_ERROR_CLOSED},
};

static const Translation io_errors[] = {
	{G_IO_ERROR_CANCELLED, G_IO_ERROR_TIMED_OUT},
	/* An address that is none. */
	{G_IO_ERROR_INVALID_ARGUMENT, G_IO_ERROR_INVALID_DATA},
	{G_IO_ERROR_CLOSED, G_IO_ERROR_CLOSED},
	{G_IO_ERROR_CONNECTION_CLOSED, G_IO_ERROR_CLOSED},
	{G_IO_ERROR_PERMISSION_DENIED, G_IO_ERROR_PERMISSION_DENIED},
};

/* What systemd answers to who is not root when polkit would have to ask for a password.
 * GLib has no code for it. */
#define ASK_FOR_PASSWORD "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"

static GIOErrorEnum find(const Translation *rows, gsize n, int code)
{
	for (gsize i = 0; i < n; i++)
		if (rows[i].code == code)
			return rows[i].becomes;
	return G_IO_ERROR_FAILED;
}

static GIOErrorEnum translate(const GError *cause)
{
	g_autofree char *name = g_dbus_error_get_remote_error(cause);

	if (g_strcmp0(name, ASK_FOR_PASSWORD) == 0)
		return G_IO_ERROR_PERMISSION_DENIED;
	if (cause->domain == G_DBUS_ERROR)
		return find(bus_errors, G_N_ELEMENTS(bus_errors), cause->code);
	if (cause->domain == G_IO_ERROR)
		return find(io_errors, G_N_ELEMENTS(io_errors), cause->code);
	return G_IO_ERROR_FAILED;
}

static void fail_timed_out(const DbusPeer *peer, GError **error)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "timed out after %u s",
		    peer->seconds);
}

static void fail_closed(const DbusPeer *peer, GError **error)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_CLOSED, "'%s' left the system bus",
		    peer->name);
}

/* Takes the cause. */
static void fail_call(const DbusPeer *peer, GError *cause, const char *what,
		      GError **error)
{
	GIOErrorEnum code = translate(cause);
	g_autofree char *words = NULL;

	g_dbus_error_strip_remote_error(cause);
	words = dbus_peer_harmless(cause->message);
	g_error_free(cause);
	if (code == G_IO_ERROR_TIMED_OUT)
		fail_timed_out(peer, error);
	else if (code == G_IO_ERROR_CLOSED)
		fail_closed(peer, error);
	else
		g_set_error(error, G_IO_ERROR, code, "%s: %s", what, words);
}

/* ---- calls and events ---- */

static void on_result(GObject *source, GAsyncResult *result, gpointer data)
{
	GAsyncResult **ret = data;

	(void)source;
	*ret = g_object_ref(result);
}

/* Whatever is waited for here was given the deadline to end at. */
static void await_result(DbusPeer *peer, GAsyncResult **result)
{
	while (!*result)
		g_main_context_iteration(peer->context, TRUE);
}

static GVariant *call(DbusPeer *peer, const char *name, const char *path,
		      const char *interface, const char *method, GVariant *parameters,
		      const char *type, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;
	GError *cause = NULL;
	GVariant *reply;

	g_dbus_connection_call(peer->connection, name, path, interface, method,
			       parameters, G_VARIANT_TYPE(type),
			       G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, peer->deadline,
			       on_result, &result);
	await_result(peer, &result);
	reply = g_dbus_connection_call_finish(peer->connection, result, &cause);
	if (reply)
		return reply;
	if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT)) {
		g_error_free(cause);
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "%s: the answer is not of type '%s'", method, type);
		return NULL;
	}
	fail_call(peer, cause, method, error);
	return NULL;
}

GVariant *dbus_peer_call(DbusPeer *peer, const char *path, const char *interface,
			 const char *method, GVariant *parameters, const char *type,
			 GError **error)
{
	return call(peer, peer->owner, path, interface, method, parameters, type, error);
}

gboolean dbus_peer_await_event(DbusPeer *peer, GError **error)
{
	if (peer->left) {
		fail_closed(peer, error);
		return FALSE;
	}
	if (g_cancellable_is_cancelled(peer->deadline)) {
		fail_timed_out(peer, error);
		return FALSE;
	}
	g_main_context_iteration(peer->context, TRUE);
	return TRUE;
}

static void subscribe(DbusPeer *peer, const char *sender, const char *path,
		      const char *interface, const char *signal,
		      const char *first_argument, GDBusSignalCallback callback,
		      gpointer data)
{
	g_assert(peer->n_subscriptions < G_N_ELEMENTS(peer->subscriptions));
	peer->subscriptions[peer->n_subscriptions++] = g_dbus_connection_signal_subscribe(
		peer->connection, sender, interface, signal, path, first_argument,
		G_DBUS_SIGNAL_FLAGS_NONE, callback, data, NULL);
}

void dbus_peer_subscribe(DbusPeer *peer, const char *path, const char *interface,
			 const char *signal, GDBusSignalCallback callback, gpointer data)
{
	subscribe(peer, peer->owner, path, interface, signal, NULL, callback, data);
}

/* ---- beginning and end ---- */

/* A unique name is given once: all that can change about its owner is that it goes. */
static void on_owner_changed(GDBusConnection *connection, const char *sender,
			     const char *path, const char *interface, const char *signal,
			     GVariant *parameters, gpointer data)
{
	DbusPeer *peer = data;

	(void)connection, (void)sender, (void)path, (void)interface, (void)signal;
	(void)parameters;
	peer->left = TRUE;
}

static void on_closed(GDBusConnection *connection, gboolean vanished, GError *cause,
		      gpointer data)
{
	DbusPeer *peer = data;

	(void)connection, (void)vanished, (void)cause;
	peer->left = TRUE;
}

/* A connection of our own: the shared one of g_bus_get() ends the process with the bus.
 */
static GDBusConnection *connect_bus(DbusPeer *peer, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autofree char *address =
		g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM, NULL, error);

	if (!address)
		return NULL;
	g_dbus_connection_new_for_address(
		address,
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, peer->deadline, on_result, &result);
	await_result(peer, &result);
	return g_dbus_connection_new_for_address_finish(result, error);
}

static gboolean open_connection(DbusPeer *peer, GError **error)
{
	GError *cause = NULL;

	peer->connection = connect_bus(peer, &cause);
	if (peer->connection) {
		g_signal_connect(peer->connection, "closed", G_CALLBACK(on_closed), peer);
		return TRUE;
	}
	if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
	    g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)) {
		g_autofree char *words = dbus_peer_harmless(cause->message);

		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "there is no system bus: %s", words);
		g_error_free(cause);
		return FALSE;
	}
	fail_call(peer, cause, "connect to the system bus", error);
	return FALSE;
}

static gboolean find_owner(DbusPeer *peer, GError **error)
{
	g_autoptr(GVariant) reply = NULL;
	GError *cause = NULL;

	reply = call(peer, BUS_NAME, BUS_PATH, BUS_NAME, "GetNameOwner",
		     g_variant_new("(s)", peer->name), "(s)", &cause);
	if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_CLOSED) &&
	    !g_dbus_connection_is_closed(peer->connection)) {
		/* The bus answered, and of the name: nobody has it yet. */
		g_error_free(cause);
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "'%s' is not on the system bus", peer->name);
		return FALSE;
	}
	if (!reply) {
		g_propagate_error(error, cause);
		return FALSE;
	}
	g_variant_get(reply, "(s)", &peer->owner);
	if (g_dbus_is_unique_name(peer->owner))
		return TRUE;
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "GetNameOwner: the answer is no unique name");
	return FALSE;
}

static gboolean on_deadline(gpointer data)
{
	g_cancellable_cancel(data);
	return G_SOURCE_REMOVE;
}

DbusPeer *dbus_peer_open(const char *name, guint seconds, GError **error)
{
	DbusPeer *peer = g_new0(DbusPeer, 1);

	peer->name = name;
	peer->seconds = seconds;
	peer->context = g_main_context_new();
	g_main_context_push_thread_default(peer->context);
	peer->deadline = g_cancellable_new();
	peer->timer = g_timeout_source_new(MIN(seconds, G_MAXUINT / 1000) * 1000);
	/* Before messages: a peer that never falls silent cannot put it off. */
	g_source_set_priority(peer->timer, G_PRIORITY_HIGH);
	g_source_set_callback(peer->timer, on_deadline, peer->deadline, NULL);
	g_source_attach(peer->timer, peer->context);
	if (open_connection(peer, error) && find_owner(peer, error)) {
		subscribe(peer, BUS_NAME, BUS_PATH, BUS_NAME, "NameOwnerChanged",
			  peer->owner, on_owner_changed, peer);
		return peer;
	}
	dbus_peer_close(peer);
	return NULL;
}

void dbus_peer_close(DbusPeer *peer)
{
	if (!peer)
		return;
	for (guint i = 0; i < peer->n_subscriptions; i++)
		g_dbus_connection_signal_unsubscribe(peer->connection,
						     peer->subscriptions[i]);
	if (peer->connection)
		g_signal_handlers_disconnect_by_data(peer->connection, peer);
	g_clear_object(&peer->connection);
	g_source_destroy(peer->timer);
	g_source_unref(peer->timer);
	g_main_context_pop_thread_default(peer->context);
	g_main_context_unref(peer->context);
	g_object_unref(peer->deadline);
	g_free(peer->owner);
	g_free(peer);
}
