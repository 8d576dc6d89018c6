/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "escape.h"

/* Off a terminal every line goes to a log: seldom enough for a day's run, often enough that
 * a CI job does not look hung. */
#define LOG_EVERY_US (30 * G_USEC_PER_SEC)

/* More vCPUs than this do not fit on one line: the worst is shown. */
#define SHOW_EACH 3

struct Progress {
	gboolean terminal;
	gboolean line_open;
	gint64 last_log_us;
};

Progress *progress_new(void)
{
	Progress *progress = g_new0(Progress, 1);

	progress->terminal = isatty(STDERR_FILENO);
	return progress;
}

void progress_free(Progress *progress)
{
	if (!progress)
		return;
	progress_end(progress);
	g_free(progress);
}

void progress_end(Progress *progress)
{
	if (progress->line_open)
		fputc('\n', stderr);
	progress->line_open = FALSE;
}

void progress_note(Progress *progress, const char *format, ...)
{
	g_autofree char *text = NULL;
	g_autofree char *safe = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	safe = escape_text(text, -1);
	progress_end(progress);
	fprintf(stderr, "lathe: %s\n", safe);
}

static void append_thread(GString *line, const char *vm, guint vcpu, const ProgressThread *thread)
{
	g_string_append_printf(line, "  %s%svCPU %u: ", vm ? vm : "", vm ? " " : "", vcpu);
	if (thread->seen)
		g_string_append_printf(line,
				       "min %" G_GINT64_FORMAT " avg %" G_GINT64_FORMAT
				       " max %" G_GINT64_FORMAT " us",
				       thread->min_ns / 1000, thread->avg_ns / 1000,
				       thread->max_ns / 1000);
	else
		g_string_append(line, "no sample yet");
}

static guint count_vcpus(const ProgressVm *vms, guint n)
{
	guint count = 0;

	for (guint i = 0; i < n; i++)
		count += cpuset_count(vms[i].vcpus);
	return count;
}

static void append_vms(GString *line, const ProgressVm *vms, guint n)
{
	guint count = count_vcpus(vms, n), worst_vcpu = 0;
	const ProgressThread *worst = NULL;
	const char *worst_vm = NULL;

	for (guint i = 0; i < n; i++) {
		const ProgressThread *thread = vms[i].threads;

		CPUSET_FOREACH (vcpu, vms[i].vcpus) {
			if (count <= SHOW_EACH)
				append_thread(line, vms[i].name, (guint)vcpu, thread);
			if (!worst || thread->max_ns > worst->max_ns) {
				worst = thread;
				worst_vm = vms[i].name;
				worst_vcpu = (guint)vcpu;
			}
			thread++;
		}
	}
	if (count > SHOW_EACH) {
		g_string_append_printf(line, "  %u vCPUs, the worst", count);
		append_thread(line, worst_vm, worst_vcpu, worst);
	}
}

static char *describe(const char *stage, guint64 elapsed_s, guint64 total_s,
		      const ProgressVm *vms, guint n)
{
	g_autoptr(GString) line = g_string_new(NULL);

	g_string_append_printf(line, "%s %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT " s", stage,
			       elapsed_s, total_s);
	append_vms(line, vms, n);
	return escape_text(line->str, -1);
}

void progress_stage(Progress *progress, const char *stage, guint64 elapsed_s, guint64 total_s,
		    const ProgressVm *vms, guint n)
{
	g_autofree char *line = NULL;
	gint64 now_us = g_get_monotonic_time();

	if (!progress->terminal && now_us - progress->last_log_us < LOG_EVERY_US)
		return;
	progress->last_log_us = now_us;
	line = describe(stage, elapsed_s, total_s, vms, n);
	if (progress->terminal) {
		/* Back to the first column, and what the line before left over erased. */
		fprintf(stderr, "\r%s\033[K", line);
		progress->line_open = TRUE;
	} else {
		fprintf(stderr, "lathe: %s\n", line);
	}
	fflush(stderr);
}
