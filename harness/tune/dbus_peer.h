/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A conversation with one service on the system bus ($DBUS_SYSTEM_BUS_ADDRESS, else the
 * default) that has one deadline for all of it. Calls go to the unique name that owned
 * the service's name at the beginning, and signals are heard from it alone: neither a
 * forger nor a successor is taken for who was talked to.
 *
 * Errors are of G_IO_ERROR:
 *   NOT_FOUND          no system bus, or no such service on it
 *   PERMISSION_DENIED  the bus or the service does not let us
 *   TIMED_OUT          the deadline passed
 *   INVALID_DATA       an answer of another type; an address that is none
 *   CLOSED             the service left the bus, or the bus ended, meanwhile
 *   FAILED             all else; the message has the other side's words, made harmless
 */
#ifndef LATHE_DBUS_PEER_H
#define LATHE_DBUS_PEER_H

#include <gio/gio.h>

typedef struct DbusPeer DbusPeer;

/* Connects and finds the owner of the name; never has the service started. Until
 * dbus_peer_close() the thread's default main context is one of its own: conversations of
 * a thread end in the reverse order of their beginnings. */
DbusPeer *dbus_peer_open(const char *name, guint seconds, GError **error);
void dbus_peer_close(DbusPeer *peer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbusPeer, dbus_peer_close)

/* Calls a method; the reply is of that type and owned by the caller. Takes floating
 * parameters. */
GVariant *dbus_peer_call(DbusPeer *peer, const char *path, const char *interface,
			 const char *method, GVariant *parameters, const char *type,
			 GError **error);

/* Has the callback called for a signal of the peer while one of the functions here waits.
 * At most DBUS_PEER_SIGNALS. */
#define DBUS_PEER_SIGNALS 4
void dbus_peer_subscribe(DbusPeer *peer, const char *path, const char *interface,
			 const char *signal, GDBusSignalCallback callback, gpointer data);

/* Waits for an event, of whatever kind: for loops that ask their condition again. FALSE
 * when none is to be expected any more. */
gboolean dbus_peer_await_event(DbusPeer *peer, GError **error);

/* Another program's words for a message: short, and nothing that a terminal obeys. */
char *dbus_peer_harmless(const char *words);

#endif
