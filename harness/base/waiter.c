/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "waiter.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>

#include "error.h"

/* How long a wait sleeps at most before it asks its condition again, in ms: conditions on
 * /proc and cgroup files raise no event. */
#define ASK_AGAIN_MS 100

static const int watched[] = {SIGINT, SIGTERM, SIGHUP};

typedef struct {
	Waiter *waiter;
	int number;
} SignalWatch;

struct Waiter {
	GError *reason;
	int signal;
	guint sources[G_N_ELEMENTS(watched)];
	SignalWatch watches[G_N_ELEMENTS(watched)];
};

Waiter *waiter_new(void)
{
	return g_new0(Waiter, 1);
}

void waiter_free(Waiter *waiter)
{
	if (!waiter)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(watched); i++)
		if (waiter->sources[i])
			g_source_remove(waiter->sources[i]);
	g_clear_error(&waiter->reason);
	g_free(waiter);
}

static gboolean on_signal(gpointer data)
{
	SignalWatch *watch = data;
	Waiter *waiter = watch->waiter;

	if (!waiter->signal)
		waiter->signal = watch->number;
	/* A signal outranks whatever else went wrong: the user asked to stop. */
	g_clear_error(&waiter->reason);
	waiter->reason = g_error_new(LATHE_ERROR, LATHE_ERROR_CANCELLED,
				     "interrupted by SIG%s", sigabbrev_np(watch->number));
	return G_SOURCE_CONTINUE;
}

void waiter_watch_signals(Waiter *waiter)
{
	for (gsize i = 0; i < G_N_ELEMENTS(watched); i++) {
		waiter->watches[i] = (SignalWatch){waiter, watched[i]};
		waiter->sources[i] =
			g_unix_signal_add(watched[i], on_signal, &waiter->watches[i]);
	}
}

int waiter_signal(const Waiter *waiter)
{
	return waiter->signal;
}

void waiter_cancel(Waiter *waiter, GError *reason)
{
	if (waiter->reason)
		g_error_free(reason);
	else
		waiter->reason = reason;
}

const GError *waiter_cancelled(const Waiter *waiter)
{
	return waiter->reason;
}

static gboolean report_cancelled(const Waiter *waiter, GError **error)
{
	if (waiter->reason && error)
		*error = g_error_copy(waiter->reason);
	return waiter->reason == NULL;
}

gboolean waiter_check(Waiter *waiter, GError **error)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
	return report_cancelled(waiter, error);
}

void waiter_reset(Waiter *waiter)
{
	g_clear_error(&waiter->reason);
}

static gboolean wake(gpointer data)
{
	(void)data;
	return G_SOURCE_CONTINUE;
}

static gboolean iterate(Waiter *waiter, guint timeout_ms, gboolean (*done)(gpointer data),
			gpointer data, gboolean heed_cancel)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	guint ticker = g_timeout_add(MIN(ASK_AGAIN_MS, timeout_ms + 1), wake, NULL);
	gboolean met = FALSE;

	for (;;) {
		if (heed_cancel && waiter->reason)
			break;
		met = done(data);
		if (met || g_get_monotonic_time() >= deadline_us)
			break;
		g_main_context_iteration(NULL, TRUE);
	}
	g_source_remove(ticker);
	return met;
}

gboolean waiter_until(Waiter *waiter, guint timeout_ms, gboolean (*done)(gpointer data),
		      gpointer data, const char *what, GError **error)
{
	if (iterate(waiter, timeout_ms, done, data, TRUE))
		return TRUE;
	if (!report_cancelled(waiter, error))
		return FALSE;
	return lathe_error(error, LATHE_ERROR_TIMEOUT, "timed out after %.1f s waiting for %s",
			   timeout_ms / 1000.0, what);
}

gboolean waiter_until_teardown(Waiter *waiter, guint timeout_ms,
			       gboolean (*done)(gpointer data), gpointer data)
{
	return iterate(waiter, timeout_ms, done, data, FALSE);
}
