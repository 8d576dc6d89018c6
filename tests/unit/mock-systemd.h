/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A systemd for tests, on a private bus that it is the only service of. What it answers
 * is a script of GVariants in text form, so that it can also answer what systemd never
 * would. It lives in the thread that GDBus reads messages in.
 */
#ifndef LATHE_TEST_MOCK_SYSTEMD_H
#define LATHE_TEST_MOCK_SYSTEMD_H

#include <gio/gio.h>
#include <signal.h>

#define MOCK_NAME    "org.freedesktop.systemd1"
#define MOCK_PATH    "/org/freedesktop/systemd1"
#define MOCK_MANAGER MOCK_NAME ".Manager"
#define MOCK_UNIT    MOCK_PATH "/unit/u"
#define MOCK_JOB     MOCK_PATH "/job/7"

/* A reply to GetAll. */
#define MOCK_STATE(load, active, can_start)                                              \
	"({'LoadState': <'" load "'>, 'ActiveState': <'" active                          \
	"'>, 'CanStart': <" can_start ">, 'Id': <'u.service'>},)"
#define MOCK_LOADED(active) MOCK_STATE("loaded", active, "true")

/* The body of JobRemoved. */
#define MOCK_REMOVED(result)                                                             \
	"(uint32 7, objectpath '" MOCK_JOB "', 'u.service', '" result "')"

/* What becomes of StartUnit and StopUnit. */
typedef enum {
	MOCK_REPLIES,       /* reply, then signal */
	MOCK_SIGNALS_FIRST, /* signal, then reply: a job that has nothing to do */
	MOCK_FORGED,        /* reply; the signal comes from someone else */
	MOCK_NEVER_SIGNALS,
	MOCK_NEVER_REPLIES,
	MOCK_LEAVES,           /* the bus, instead of a reply */
	MOCK_LEAVES_LATER,     /* after the reply, before the signal */
	MOCK_KILLS_BUS_DAEMON, /* after the reply */
} MockCourse;

typedef struct {
	/* Replies; NULL: as systemd. The n-th GetAll gets the n-th of states, which is
	 * followed by PropertiesChanged when there is a further one; the last stays.
	 * Without any, the state is what the last job made of it. */
	const char *loaded, *states[3], *job;
	const char *removed; /* body of JobRemoved */
	/* An error as the reply: to which method, its name, its message. */
	const char *refuses, *error, *message;
	MockCourse course;
} MockScript;

typedef struct {
	const MockScript *script;
	GDBusConnection *connection, *forger;
	GPid bus_pid;
	GMutex lock; /* of what follows: written by GDBus's thread */
	gboolean subscribed, stopped;
	guint n_states; /* GetAll calls that moved on to the next of states */
	GString *calls; /* "StopUnit u.service replace\n" */
} MockSystemd;

static inline GVariant *mock_variant(const char *text)
{
	GError *error = NULL;
	GVariant *variant = g_variant_parse(NULL, text, NULL, NULL, &error);

	g_assert_no_error(error);
	return variant;
}

static inline void mock_send(GDBusConnection *connection, GDBusMessage *message)
{
	g_dbus_connection_send_message(connection, message,
				       G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
	g_object_unref(message);
}

static inline void mock_reply(MockSystemd *mock, GDBusMessage *call, const char *text)
{
	GDBusMessage *reply = g_dbus_message_new_method_reply(call);
	g_autoptr(GVariant) body = mock_variant(text);

	g_dbus_message_set_body(reply, body);
	mock_send(mock->connection, reply);
}

/* As systemd: only when somebody has asked for signals. */
static inline void mock_signal(const MockSystemd *mock, GDBusConnection *from,
			       const char *path, const char *interface, const char *name,
			       const char *text)
{
	GDBusMessage *signal = g_dbus_message_new_signal(path, interface, name);
	g_autoptr(GVariant) body = mock_variant(text);

	g_dbus_message_set_body(signal, body);
	if (mock->subscribed)
		mock_send(from, signal);
	else
		g_object_unref(signal);
}

static inline void mock_job(MockSystemd *mock, GDBusMessage *call, gboolean stop)
{
	const MockScript *script = mock->script;
	const char *removed = script->removed ? script->removed : MOCK_REMOVED("done");
	const char *reply = script->job ? script->job : "(objectpath '" MOCK_JOB "',)";
	MockCourse course = script->course;

	mock->stopped = stop;
	if (course == MOCK_SIGNALS_FIRST)
		mock_signal(mock, mock->connection, MOCK_PATH, MOCK_MANAGER, "JobRemoved",
			    removed);
	if (course != MOCK_LEAVES && course != MOCK_NEVER_REPLIES)
		mock_reply(mock, call, reply);
	if (course == MOCK_REPLIES)
		mock_signal(mock, mock->connection, MOCK_PATH, MOCK_MANAGER, "JobRemoved",
			    removed);
	if (course == MOCK_FORGED)
		mock_signal(mock, mock->forger, MOCK_PATH, MOCK_MANAGER, "JobRemoved",
			    removed);
	if (course == MOCK_LEAVES || course == MOCK_LEAVES_LATER)
		g_dbus_connection_close(mock->connection, NULL, NULL, NULL);
	if (course == MOCK_KILLS_BUS_DAEMON)
		kill(mock->bus_pid, SIGKILL);
}

static inline void mock_state(MockSystemd *mock, GDBusMessage *call)
{
	const char *const *states = mock->script->states;
	guint n = mock->n_states;

	if (!states[0]) {
		mock_reply(mock, call,
			   mock->stopped ? MOCK_LOADED("inactive")
					 : MOCK_LOADED("active"));
		return;
	}
	mock_reply(mock, call, states[n]);
	if (n + 1 < G_N_ELEMENTS(mock->script->states) && states[n + 1]) {
		mock->n_states++;
		mock_signal(mock, mock->connection, MOCK_UNIT,
			    "org.freedesktop.DBus.Properties", "PropertiesChanged",
			    "('" MOCK_NAME ".Unit', @a{sv} {}, @as [])");
	}
}

static inline void mock_note(MockSystemd *mock, GDBusMessage *call, const char *method)
{
	GVariant *body = g_dbus_message_get_body(call);

	g_string_append(mock->calls, method);
	for (gsize i = 0; body && i < g_variant_n_children(body); i++) {
		g_autoptr(GVariant) child = g_variant_get_child_value(body, i);

		g_string_append_printf(mock->calls, " %s",
				       g_variant_get_string(child, NULL));
	}
	g_string_append_c(mock->calls, '\n');
}

static inline void mock_answer(MockSystemd *mock, GDBusMessage *call, const char *method)
{
	const MockScript *script = mock->script;

	mock_note(mock, call, method);
	if (g_strcmp0(script->refuses, method) == 0) {
		mock_send(mock->connection,
			  g_dbus_message_new_method_error_literal(call, script->error,
								  script->message));
	} else if (g_str_equal(method, "Subscribe")) {
		mock->subscribed = TRUE;
		mock_reply(mock, call, "()");
	} else if (g_str_equal(method, "LoadUnit")) {
		mock_reply(mock, call,
			   script->loaded ? script->loaded
					  : "(objectpath '" MOCK_UNIT "',)");
	} else if (g_str_equal(method, "GetAll")) {
		mock_state(mock, call);
	} else if (g_str_equal(method, "StopUnit") || g_str_equal(method, "StartUnit")) {
		mock_job(mock, call, g_str_equal(method, "StopUnit"));
	} else {
		mock_send(mock->connection,
			  g_dbus_message_new_method_error_literal(
				  call, "org.freedesktop.DBus.Error.UnknownMethod",
				  method));
	}
}

static inline GDBusMessage *mock_filter(GDBusConnection *connection,
					GDBusMessage *message, gboolean incoming,
					gpointer data)
{
	MockSystemd *mock = data;

	(void)connection;
	if (!incoming ||
	    g_dbus_message_get_message_type(message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
		return message;
	g_mutex_lock(&mock->lock);
	mock_answer(mock, message, g_dbus_message_get_member(message));
	g_mutex_unlock(&mock->lock);
	g_object_unref(message);
	return NULL;
}

static inline GDBusConnection *mock_connect(GTestDBus *bus)
{
	GError *error = NULL;
	GDBusConnection *connection = g_dbus_connection_new_for_address_sync(
		g_test_dbus_get_bus_address(bus),
		G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
			G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
		NULL, NULL, &error);

	g_assert_no_error(error);
	return connection;
}

/* A call to the bus itself, whose reply is one number. */
static inline guint32 mock_ask_bus(GDBusConnection *connection, const char *method,
				   GVariant *parameters)
{
	GError *error = NULL;
	g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
		connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
		"org.freedesktop.DBus", method, parameters, G_VARIANT_TYPE("(u)"),
		G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
	guint32 number;

	g_assert_no_error(error);
	g_variant_get(reply, "(u)", &number);
	return number;
}

/* It has its name when this returns. The script is borrowed. */
static inline MockSystemd *mock_systemd_new(GTestDBus *bus, const MockScript *script)
{
	/* In place of one that a failed test left behind. */
	enum { ALLOW_REPLACEMENT = 1, REPLACE_EXISTING = 2, DO_NOT_QUEUE = 4 };
	enum { PRIMARY_OWNER = 1 };
	const guint32 flags = ALLOW_REPLACEMENT | REPLACE_EXISTING | DO_NOT_QUEUE;
	MockSystemd *mock = g_new0(MockSystemd, 1);

	mock->script = script;
	mock->calls = g_string_new(NULL);
	g_mutex_init(&mock->lock);
	mock->connection = mock_connect(bus);
	mock->forger = mock_connect(bus);
	mock->bus_pid = (GPid)mock_ask_bus(mock->connection, "GetConnectionUnixProcessID",
					   g_variant_new("(s)", "org.freedesktop.DBus"));
	g_dbus_connection_add_filter(mock->connection, mock_filter, mock, NULL);
	g_assert_cmpuint(mock_ask_bus(mock->connection, "RequestName",
				      g_variant_new("(su)", MOCK_NAME, flags)),
			 ==, PRIMARY_OWNER);
	return mock;
}

/* The calls that it got until now, owned by the caller. */
static inline char *mock_systemd_calls(MockSystemd *mock)
{
	char *calls;

	g_mutex_lock(&mock->lock);
	calls = g_strdup(mock->calls->str);
	g_mutex_unlock(&mock->lock);
	return calls;
}

static inline void mock_systemd_free(MockSystemd *mock)
{
	/* Each is closed already when the mock, or the bus, left. */
	g_dbus_connection_close_sync(mock->connection, NULL, NULL);
	g_dbus_connection_close_sync(mock->forger, NULL, NULL);
	g_object_unref(mock->connection);
	g_object_unref(mock->forger);
	g_mutex_clear(&mock->lock);
	g_string_free(mock->calls, TRUE);
	g_free(mock);
}

#endif
