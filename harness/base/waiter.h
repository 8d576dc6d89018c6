/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting with a deadline, on the default main context. One Waiter serves a whole run:
 * whatever ends the run (a signal, a guest that died, a channel that closed) cancels it with
 * a reason, and every wait, now or later, returns that reason.
 */
#ifndef LATHE_WAITER_H
#define LATHE_WAITER_H

#include <glib.h>

typedef struct Waiter Waiter;

Waiter *waiter_new(void);
void waiter_free(Waiter *waiter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Waiter, waiter_free)

/* SIGINT, SIGTERM and SIGHUP cancel the waiter ("interrupted by SIGTERM") from now on until
 * waiter_free(). The signal number is kept for waiter_signal(). */
void waiter_watch_signals(Waiter *waiter);

/* The first signal that arrived, or 0. */
int waiter_signal(const Waiter *waiter);

/* Takes the error. The first reason wins; later ones are dropped. */
void waiter_cancel(Waiter *waiter, GError *reason);

/* The reason, owned by the waiter, or NULL. */
const GError *waiter_cancelled(const Waiter *waiter);

/* Between two steps that do not wait: handles the events that are due. FALSE with the reason
 * when cancelled. */
gboolean waiter_check(Waiter *waiter, GError **error);

/* Forgets the cancellation, so that the teardown can still collect what was measured. A
 * further signal cancels again: who presses Ctrl-C twice is not kept waiting. */
void waiter_reset(Waiter *waiter);

/*
 * Iterates the main context until done(data) is true. done is asked again after every
 * event, and at least every 100 ms. FALSE with the reason when cancelled, or with
 * LATHE_ERROR_TIMEOUT "timed out after N s waiting for WHAT" at the deadline.
 */
gboolean waiter_until(Waiter *waiter, guint timeout_ms, gboolean (*done)(gpointer data),
		      gpointer data, const char *what, GError **error);

/* The same without looking at cancellation: for teardown, which must end what it started
 * whatever happened. FALSE at the deadline. */
gboolean waiter_until_teardown(Waiter *waiter, guint timeout_ms,
			       gboolean (*done)(gpointer data), gpointer data);

#endif
