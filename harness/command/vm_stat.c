/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "error.h"
#include "machine.h"
#include "number.h"
#include "vm_fleet.h"
#include "vm_stat_text.h"

#define WATCH_S	    2
#define WATCH_MAX_S 3600

static const Option options[] = {
	{"threads", 't', NULL, FALSE,
	 "every thread of the VMs that run, and a mark at each that is not where the plan wants it"},
	{"watch", 'w', "[=SECONDS]", FALSE,
	 "look again every so many seconds, 1 to 3600 (default: 2), until SIGINT or SIGTERM; a "
	 "terminal is drawn anew each time"},
	{"format", 0, "text|json", FALSE, "what is printed (default: text)"},
	{NULL},
};

typedef struct {
	const Arguments *arguments;
	VmFleet fleet;
	gboolean threads;
	gboolean json;
	guint watch_ms; /* 0: one look */
} Work;

static void work_clear(Work *work)
{
	vm_fleet_clear(&work->fleet);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

static gboolean parse_watch(const Arguments *arguments, guint *ret_ms, GError **error)
{
	const char *text = arguments_value(arguments, "watch");
	guint64 seconds = WATCH_S;

	if (text && *text && !number_parse(text, 1, WATCH_MAX_S, &seconds, error)) {
		g_prefix_error(error, "--watch: ");
		return FALSE;
	}
	*ret_ms = text ? (guint)seconds * 1000 : 0;
	return TRUE;
}

/* ---- the screen ------------------------------------------------------------------------ */

/* As many lines as there is room for, and columns: what wraps or scrolls cannot be drawn anew. */
static void print_cropped(const char *text, const struct winsize *size)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	/* Behind the last newline there is no line. */
	guint n = g_strv_length(lines) - 1, room = size->ws_row > 3 ? size->ws_row - 3u : G_MAXUINT;

	for (guint i = 0; i < n && i < room; i++) {
		g_autofree char *line =
			g_utf8_strlen(lines[i], -1) > size->ws_col && size->ws_col > 0
				? g_utf8_substring(lines[i], 0, size->ws_col)
				: g_strdup(lines[i]);

		printf("%s\033[K\n", line);
	}
	printf("\033[J");
	if (n > room)
		printf("... %u more lines", n - room);
}

static void draw(const Work *work, const char *text)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *clock = g_date_time_format(now, "%F %T");
	struct winsize size = {0};

	if (!work->watch_ms || !isatty(STDOUT_FILENO)) {
		/* Looks that follow each other must be told apart; JSON objects are. */
		if (work->watch_ms && !work->json)
			printf("%s\n", clock);
		printf("%s%s", text, work->watch_ms && !work->json ? "\n" : "");
		fflush(stdout);
		return;
	}
	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	printf("\033[HEvery %u s: lathe vm stat%s   %s\033[K\n\033[K\n", work->watch_ms / 1000,
	       work->threads ? " -t" : "", clock);
	print_cropped(text, &size);
	fflush(stdout);
}

/* ---- looks ----------------------------------------------------------------------------- */

static int look(const Work *work, GError **error)
{
	g_autoptr(GPtrArray) stats =
		fleet_stat(work->fleet.scene, arguments_positional(work->arguments), work->threads,
			   error);
	g_autofree char *text = NULL;

	if (!stats)
		return -1;
	text = work->json ? vm_stat_json(stats, work->threads) : vm_stat_text(stats);
	draw(work, text);
	return work->threads && !stat_in_place(stats) ? 2 : 0;
}

static gboolean never(gpointer data)
{
	(void)data;
	return FALSE;
}

/* FALSE: a signal, or the reader is gone: enough was seen. */
static gboolean wait(const Work *work)
{
	waiter_until(work->fleet.waiter, work->watch_ms, never, NULL, "the next look", NULL);
	return !waiter_cancelled(work->fleet.waiter) && !ferror(stdout);
}

static int watch(const Work *work, GError **error)
{
	gboolean screen = isatty(STDOUT_FILENO);
	int status;

	/* Where the terminal has two screens the other one: what was there before comes back. */
	if (screen)
		printf("\033[?1049h\033[2J");
	do {
		status = look(work, error);
	} while (status >= 0 && wait(work));
	if (screen)
		printf("\033[?1049l");
	return status < 0 ? -1 : 0;
}

/* Threads are of this machine. */
static gboolean check_here(const Work *work, GError **error)
{
	return !work->threads || hypervisor_is_here(work->fleet.hypervisor, error);
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	g_auto(Work) work = {.arguments = arguments,
			     .threads = arguments_flag(arguments, "threads")};

	if (!machine_json_wanted(arguments, &work.json, error) ||
	    !parse_watch(arguments, &work.watch_ms, error) ||
	    !vm_fleet_open(&work.fleet, context, arguments, FLEET_LOOKS, TRUE, error) ||
	    !check_here(&work, error))
		return -1;
	return work.watch_ms ? watch(&work, error) : look(&work, error);
}

const Command command_vm_stat = {
	.name = "stat",
	.summary = "show which VMs run, and where their threads are",
	.arguments = "[VM]...",
	.arguments_max = ARGUMENTS_ANY,
	.description =
		"Shows the VMs with those names or UUIDs; without any, all that are configured, and\n"
		"what runs beside them.\n"
		"\n"
		"-t shows every thread: policy, priority, CPUs it may run on, CPU it ran on last, and\n"
		"CPU time in minutes. Where a VM's CPUs are shared, the plan is one of a\n"
		"demonstration, without SCHED_FIFO there.\n"
		"\n"
		"Exit status: 0 done; 1 could not do it; 2 with -t: a thread is not where the plan\n"
		"wants it, or nobody can tell.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
