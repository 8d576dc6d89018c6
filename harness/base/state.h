/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where lathe keeps what on disk (design.md §8). --state DIR or $LATHE_STATE moves all of it
 * below one directory; the config under /etc stays.
 */
#ifndef LATHE_STATE_H
#define LATHE_STATE_H

#include <glib.h>

typedef struct {
	char *cache; /* /var/cache/lathe: guest images, libvirt's capability cache */
	char *run;   /* /run/lathe: lock, embedded libvirt, sockets */
	char *lib;   /* /var/lib/lathe: what must outlive a reboot: the tuning journal */
	char *given; /* the directory below which all of it was moved, absolute; NULL: none */
	char *id;    /* 8 hex digits of the run directory's name: what the host's shared name
		      * spaces (cgroups) know this state by */
} State;

/* directory NULL: $LATHE_STATE, else the system's places. Makes the path absolute. */
State *state_new(const char *directory, GError **error);

/* An absolute path for a relative one. An error when the current directory is gone: GLib would
 * take "/" for it. */
char *state_absolute(const char *path, GError **error);
void state_free(State *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(State, state_free)

/* Creates a directory of the state with its parents (0755); an error hints at root. */
gboolean state_make_directory(const char *path, GError **error);

#endif
