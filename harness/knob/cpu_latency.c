/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu_latency.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "autofd.h"
#include "escape.h"
#include "number.h"
#include "view_private.h"

#define DEVICE "dev/cpu_dma_latency"

static gboolean holds_device(const Root *root, const char *pid)
{
	g_autofree char *folder = g_strdup_printf("proc/%s/fd", pid);
	g_autoptr(GPtrArray) names = root_list_errno(root, folder, NULL);

	for (guint i = 0; names && i < names->len; i++) {
		g_autofree char *path =
			g_strdup_printf("%s/%s", folder, (char *)names->pdata[i]);
		char target[64];
		ssize_t length = readlinkat(root_fd(root), path, target, sizeof(target));

		if (length == (ssize_t)strlen("/" DEVICE) &&
		    strncmp(target, "/" DEVICE, (size_t)length) == 0)
			return TRUE;
	}
	return FALSE;
}

static void add_holder(GString *text, const Root *root, const char *pid)
{
	g_autofree char *path = g_strdup_printf("proc/%s/comm", pid);
	g_autofree char *comm = NULL;
	g_autofree char *escaped = NULL;

	if (root_read_line(root, path, &comm, NULL, NULL))
		escaped = escape_text(comm, -1);
	g_string_append_printf(text, "%s %s\n", pid, escaped ? escaped : "?");
}

/* Whoever opens it asks for nothing until he writes; a read gives the smallest of all
 * requests as 32 bits (cpu_latency_qos_read() in kernel/power/qos.c). It is closed again
 * before holders are looked for. */
static gboolean read_device(const Root *root, gint32 *ret, int *ret_errno)
{
	autofd fd = root_is_live(root) ? openat(root_fd(root), DEVICE,
						O_RDONLY | O_NOCTTY | O_CLOEXEC)
				       : -1;
	gint32 us;

	if (fd < 0) {
		*ret_errno = root_is_live(root) ? errno : ENOTSUP;
		return FALSE;
	}
	if (read(fd, &us, sizeof(us)) != sizeof(us)) {
		*ret_errno = EIO;
		return FALSE;
	}
	*ret = us;
	return TRUE;
}

char *cpu_latency_read(const Root *root, int *ret_errno)
{
	g_autoptr(GPtrArray) names = NULL;
	g_autoptr(GString) text = NULL;
	gint32 us;

	if (!read_device(root, &us, ret_errno))
		return NULL;
	if (us < 0) {
		*ret_errno = ERANGE;
		return NULL;
	}
	names = root_list_errno(root, "proc", ret_errno);
	if (!names)
		return NULL;
	text = g_string_new(NULL);
	g_string_append_printf(text, "%d\n", us);
	for (guint i = 0; i < names->len; i++)
		if (number_parse(names->pdata[i], 1, G_MAXINT32, &(guint64){0}, NULL) &&
		    holds_device(root, names->pdata[i]))
			add_holder(text, root, names->pdata[i]);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

void cpu_latency_free(CpuLatency *latency)
{
	if (!latency)
		return;
	g_strfreev(latency->holders);
	g_free(latency);
}

/* comm holds 15 bytes of a name (TASK_COMM_LEN). */
static gboolean is_tool(const char *holder)
{
	static const char *const tools[] = {"cyclictest", "jitterdebugger", "rtla",
					    "oslat",      "cyclicdeadline", NULL};
	const char *comm = strchr(holder, ' ');

	return comm && g_strv_contains(tools, comm + 1);
}

CpuLatency *cpu_latency_parse(const char *text, int *ret_errno)
{
	g_autoptr(CpuLatency) latency = g_new0(CpuLatency, 1);
	g_autoptr(GPtrArray) holders = g_ptr_array_new_with_free_func(g_free);
	Span span = span_of(text), line;
	guint64 us, pid;

	*ret_errno = EILSEQ;
	if (!span_take_line(&span, &line) || !span_take_number(&line, G_MAXINT32, &us) ||
	    line.at != line.end)
		return NULL;
	latency->us = (guint32)us;
	latency->tool = TRUE;
	while (span_take_line(&span, &line)) {
		Span rest = line;

		if (!span_take_number(&rest, G_MAXINT32, &pid) ||
		    !span_take_literal(&rest, " ") || rest.at == rest.end)
			return NULL;
		g_ptr_array_add(holders, span_dup(line));
		latency->tool &= is_tool(holders->pdata[holders->len - 1]);
	}
	latency->tool &= holders->len > 0;
	g_ptr_array_add(holders, NULL);
	latency->holders = (char **)g_ptr_array_free(g_steal_pointer(&holders), FALSE);
	return g_steal_pointer(&latency);
}

/* As the file of a capture, which the view reads once; a live machine is asked once too.
 */
const char *knob_view_cpu_latency_text(KnobView *view, int *ret_errno)
{
	Lazy *lazy = &view->cpu_latency;

	if (!knob_view_live(view))
		return knob_view_read(view, CAPTURE_CPU_LATENCY, ret_errno);
	if (!lazy->tried) {
		lazy->tried = TRUE;
		lazy->value = cpu_latency_read(view->root, &lazy->errnum);
	}
	if (!lazy->value)
		*ret_errno = lazy->errnum;
	return lazy->value;
}

CpuLatency *knob_view_cpu_latency(KnobView *view, int *ret_errno)
{
	const char *text = knob_view_cpu_latency_text(view, ret_errno);

	return text ? cpu_latency_parse(text, ret_errno) : NULL;
}
