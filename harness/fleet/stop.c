/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stop.h"

#include "error.h"
#include "siblings.h"

/* How often libvirt is asked: it says nothing by itself when its daemon died. */
#define LOOK_US (G_USEC_PER_SEC / 4)

typedef struct {
	const Scene *scene;
	const StopOptions *options;
	GPtrArray *stops;
	gint64 start_us, looked_us;
} Work;

static void stop_free(gpointer data)
{
	Stop *stop = data;

	g_clear_error(&stop->error);
	g_ptr_array_unref(stop->warnings);
	g_free(stop->uuid);
	g_free(stop->name);
	g_free(stop);
}

/* Siblings come back as soon as there is no VM beside them. */
static void settle(const Work *work, Stop *stop, StopState state)
{
	g_autoptr(GError) error = NULL;

	stop->state = state;
	stop->seconds = (double)(g_get_monotonic_time() - work->start_us) / G_USEC_PER_SEC;
	if (state <= STOP_DESTROYED &&
	    !siblings_give_back(work->scene->host->root, work->scene->siblings, stop->uuid,
				stop->warnings, &error))
		g_ptr_array_add(stop->warnings, g_strdup(error->message));
	if (work->options->settled)
		work->options->settled(stop, work->options->data);
}

static gboolean is_off(const DomainInfo *info)
{
	return !info || info->state == DOMAIN_SHUT_OFF || info->state == DOMAIN_CRASHED;
}

static void ask(const Work *work, Stop *stop)
{
	g_autoptr(DomainInfo) info = NULL;

	if (!domains_find(work->scene->host->hypervisor, stop->uuid, &info, &stop->error)) {
		settle(work, stop, STOP_FAILED);
		return;
	}
	if (info)
		g_free(stop->name), stop->name = g_strdup(info->name);
	if (is_off(info)) {
		settle(work, stop, STOP_OFF);
		return;
	}
	/* One that is paused cannot hear. */
	if (info->state != DOMAIN_RUNNING ||
	    domains_ask_shutdown(work->scene->host->hypervisor, stop->uuid, &stop->error))
		return;
	/* It may have gone by itself a moment ago. */
	g_clear_pointer(&info, domain_info_free);
	if (domains_find(work->scene->host->hypervisor, stop->uuid, &info, NULL) && is_off(info)) {
		g_clear_error(&stop->error);
		settle(work, stop, STOP_SHUT_DOWN);
	} else if (work->options->destroy) {
		g_clear_error(&stop->error);
	} else {
		settle(work, stop, STOP_FAILED);
	}
}

static void look(const Work *work, Stop *stop)
{
	g_autoptr(DomainInfo) info = NULL;

	if (!domains_find(work->scene->host->hypervisor, stop->uuid, &info, &stop->error))
		settle(work, stop, STOP_FAILED);
	else if (is_off(info))
		settle(work, stop, STOP_SHUT_DOWN);
}

static gboolean all_settled(gpointer data)
{
	Work *work = data;
	gint64 now_us = g_get_monotonic_time();
	gboolean settled = TRUE, due = now_us - work->looked_us >= LOOK_US;

	for (guint i = 0; i < work->stops->len; i++) {
		Stop *stop = work->stops->pdata[i];

		if (due && stop->state == STOP_WAITING)
			look(work, stop);
		settled &= stop->state != STOP_WAITING;
	}
	if (due)
		work->looked_us = now_us;
	return settled;
}

static void give_up(const Work *work, Stop *stop)
{
	look(work, stop);
	if (stop->state != STOP_WAITING)
		return;
	if (!work->options->destroy)
		settle(work, stop, STOP_IGNORED);
	else if (domains_destroy(work->scene->host->hypervisor, stop->uuid, &stop->error))
		settle(work, stop, STOP_DESTROYED);
	else
		settle(work, stop, STOP_FAILED);
}

static void finish(const Work *work, const GError *ended)
{
	for (guint i = 0; i < work->stops->len; i++) {
		Stop *stop = work->stops->pdata[i];

		if (stop->state != STOP_WAITING)
			continue;
		if (g_error_matches(ended, LATHE_ERROR, LATHE_ERROR_TIMEOUT)) {
			give_up(work, stop);
			continue;
		}
		stop->error = g_error_copy(ended);
		settle(work, stop, STOP_FAILED);
	}
}

static Stop *stop_new(const char *uuid)
{
	Stop *stop = g_new0(Stop, 1);

	stop->uuid = g_strdup(uuid);
	stop->name = g_strdup(uuid);
	stop->warnings = g_ptr_array_new_with_free_func(g_free);
	return stop;
}

static guint count_waiting(const GPtrArray *stops)
{
	guint n = 0;

	for (guint i = 0; i < stops->len; i++)
		n += ((const Stop *)stops->pdata[i])->state == STOP_WAITING;
	return n;
}

GPtrArray *fleet_stop(const Scene *scene, const char *const *uuids, const StopOptions *options)
{
	Work work = {.scene = scene,
		     .options = options,
		     .stops = g_ptr_array_new_with_free_func(stop_free),
		     .start_us = g_get_monotonic_time()};
	g_autoptr(GError) ended = NULL;

	for (; *uuids; uuids++)
		g_ptr_array_add(work.stops, stop_new(*uuids));
	for (guint i = 0; i < work.stops->len; i++)
		ask(&work, work.stops->pdata[i]);
	if (options->asked && count_waiting(work.stops) > 0)
		options->asked(count_waiting(work.stops), options->data);
	if (!waiter_until(scene->waiter, options->timeout_ms, all_settled, &work,
			  "VMs to shut down", &ended))
		finish(&work, ended);
	return work.stops;
}
