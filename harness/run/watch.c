/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch.h"

#include <time.h>

#include "facts.h"
#include "number.h"

const char *const watch_files[] = {
	"proc/interrupts",
	"proc/stat",
	"proc/uptime",
	"sys/devices/system/clocksource/clocksource0/current_clocksource",
	"sys/devices/system/cpu/cpu*/thermal_throttle/core_throttle_count",
	"sys/devices/system/cpu/cpu*/thermal_throttle/package_throttle_count",
	NULL,
};

#define NS_PER_S G_GINT64_CONSTANT(1000000000)

static gint64 now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void look_at_tree(const Root *root, WatchLook *ret)
{
	g_autoptr(Facts) facts = facts_read(root);

	ret->clocksource = g_strdup(facts->clocksource);
	ret->throttle_known = facts_throttle_count(root, &ret->throttle_count);
}

void watch_look_live(const Root *live, WatchLook *ret)
{
	gint64 best_ns = G_MAXINT64;

	*ret = (WatchLook){.clock_known = TRUE};
	look_at_tree(live, ret);
	/* Between the two readings this thread may be preempted: the closest pair of a few
	 * is the true offset. NTP slews both clocks alike; only setting moves one of them. */
	for (int i = 0; i < 8; i++) {
		gint64 first_ns = now_ns(CLOCK_MONOTONIC);
		gint64 real_ns = now_ns(CLOCK_REALTIME);
		gint64 gap_ns = now_ns(CLOCK_MONOTONIC) - first_ns;

		if (gap_ns >= best_ns)
			continue;
		best_ns = gap_ns;
		ret->clock_offset_ns = real_ns - first_ns - gap_ns / 2;
	}
}

static gboolean read_btime(const Root *root, gint64 *ret_ns)
{
	g_autofree char *text = NULL;
	Span span, line;
	guint64 seconds;

	if (!root_read(root, "proc/stat", &text, NULL, NULL, NULL))
		return FALSE;
	span = span_of(text);
	while (span_take_line(&span, &line)) {
		if (!span_take_literal(&line, "btime "))
			continue;
		if (!span_take_number(&line, G_MAXINT64 / NS_PER_S, &seconds) || line.at != line.end)
			return FALSE;
		*ret_ns = (gint64)seconds * NS_PER_S;
		return TRUE;
	}
	return FALSE;
}

void watch_look_captured(const char *directory, WatchLook *ret)
{
	g_autoptr(Root) root = root_open_captured(directory, NULL);

	*ret = (WatchLook){0};
	if (!root)
		return;
	look_at_tree(root, ret);
	ret->clock_known = read_btime(root, &ret->clock_offset_ns);
}

void watch_look_clear(WatchLook *look)
{
	g_clear_pointer(&look->clocksource, g_free);
}

void watch_compare(const WatchLook *before, const WatchLook *after, RunMachineWatch *ret)
{
	ret->clocksource_before = g_strdup(before->clocksource);
	ret->clocksource_after = g_strdup(after->clocksource);
	ret->clock_known = before->clock_known && after->clock_known;
	if (ret->clock_known)
		ret->clock_step_ns = after->clock_offset_ns - before->clock_offset_ns;
	ret->throttle_known = before->throttle_known && after->throttle_known;
	/* A counter that went backwards was reset by a CPU going off and on line: as bad as
	 * an event. */
	if (ret->throttle_known)
		ret->throttle_events = after->throttle_count >= before->throttle_count
					       ? after->throttle_count - before->throttle_count
					       : 1;
}
