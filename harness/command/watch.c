/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch.h"

#include <stdio.h>
#include <string.h>

#include "counters.h"
#include "error.h"
#include "facts.h"
#include "machine.h"
#include "machine_vms.h"
#include "number.h"
#include "waiter.h"
#include "watch_text.h"

#define SECOND_NS G_GUINT64_CONSTANT(1000000000)

static gboolean find_cpus(const Arguments *arguments, const Root *root, Cpuset *ret,
			  GError **error)
{
	g_autoptr(Facts) facts = facts_read(root);
	gboolean given;
	Cpuset offline;

	if (!machine_cpus(arguments, root, ret, &given, error))
		return FALSE;
	if (!given)
		*ret = facts->isolated;
	if (cpuset_count(ret) == 0) {
		lathe_error(error, LATHE_ERROR_USAGE,
			    "the kernel isolates no CPU: there is none to watch");
		lathe_error_hint(error, "name CPUs with --cpus or --vm");
		return FALSE;
	}
	offline = *ret;
	cpuset_subtract(&offline, &facts->online);
	if (facts->online_known && cpuset_count(&offline) > 0) {
		g_autofree char *text = cpulist_format(&offline);

		return lathe_error(error, LATHE_ERROR_USAGE, "CPUs %s are not online", text);
	}
	return TRUE;
}

/* "10" is 10 seconds here: what else could it be. */
static gboolean parse_time(const char *text, guint64 *ret_ns, GError **error)
{
	gboolean bare = *text && text[strspn(text, "0123456789")] == '\0';
	g_autofree char *time = g_strconcat(text, bare ? "s" : "", NULL);

	if (duration_parse(time, SECOND_NS, 3600 * SECOND_NS, ret_ns, error))
		return TRUE;
	g_prefix_error(error, "--watch: ");
	return FALSE;
}

static gboolean never(gpointer data)
{
	(void)data;
	return FALSE;
}

/* TRUE when the time is over, or when a person has seen enough: what was counted until then
 * is as good. */
static gboolean wait_for(guint64 duration_ns, GError **error)
{
	g_autoptr(Waiter) waiter = waiter_new();
	g_autoptr(GError) ended = NULL;

	waiter_watch_signals(waiter);
	waiter_until(waiter, (guint)(duration_ns / 1000000), never, NULL, "the watch to end",
		     &ended);
	if (waiter_signal(waiter) || g_error_matches(ended, LATHE_ERROR, LATHE_ERROR_TIMEOUT))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&ended));
	return FALSE;
}

static CountersDelta *count(const Root *root, const Cpuset *cpus, guint64 duration_ns,
			    GError **error)
{
	g_autoptr(Counters) before = counters_read(root, cpus, COUNTERS_FIRST, error);
	g_autoptr(Counters) after = NULL;

	if (!before || !wait_for(duration_ns, error))
		return NULL;
	after = counters_read(root, cpus, COUNTERS_SECOND, error);
	return after ? counters_delta(before, after) : NULL;
}

int watch_machine(const Arguments *arguments, GError **error)
{
	g_autoptr(Root) root = NULL;
	g_autoptr(CountersDelta) delta = NULL;
	g_autofree char *text = NULL;
	guint64 duration_ns;
	gboolean json;
	Cpuset cpus;

	if (arguments_value(arguments, "root")) {
		lathe_error(error, LATHE_ERROR_USAGE,
			    "--watch counts on this machine: a captured one stands still");
		return -1;
	}
	if (!parse_time(arguments_value(arguments, "watch"), &duration_ns, error))
		return -1;
	if (!machine_json_wanted(arguments, &json, error))
		return -1;
	root = root_open_live(error);
	if (!root || !find_cpus(arguments, root, &cpus, error))
		return -1;
	delta = count(root, &cpus, duration_ns, error);
	if (!delta)
		return -1;
	text = json ? watch_json(delta) : watch_text(delta);
	fputs(text, stdout);
	return 0;
}
