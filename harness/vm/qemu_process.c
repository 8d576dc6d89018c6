/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"
#include "number.h"
#include "proc.h"

/* libvirt gives QEMU "-name guest=NAME,debug-threads=on". */
static const char *argument(char **argv, const char *option)
{
	for (char **at = argv; at[0] && at[1]; at++)
		if (strcmp(at[0], option) == 0)
			return at[1];
	return NULL;
}

/* A comma in a name is two in the option. */
static gboolean has_guest_name(char **argv, const char *name, gboolean prefix)
{
	const char *value = argument(argv, "-name");
	g_auto(GStrv) parts = g_strsplit(name, ",", -1);
	g_autofree char *escaped = g_strjoinv(",,", parts);

	if (!value || !g_str_has_prefix(value, "guest="))
		return FALSE;
	value += strlen("guest=");
	if (!g_str_has_prefix(value, escaped))
		return FALSE;
	value += strlen(escaped);
	return prefix || *value == '\0' || (value[0] == ',' && value[1] != ',');
}

static gboolean names_directory(char **argv, const char *directory)
{
	g_autofree char *below = g_strconcat(directory, "/", NULL);

	for (char **at = argv; *at; at++)
		if (strstr(*at, below))
			return TRUE;
	return FALSE;
}

typedef struct {
	const char *name;
	gboolean name_is_prefix;
	const char *uuid;      /* or NULL */
	const char *directory; /* or NULL */
} Wanted;

static gboolean matches(const Root *live, pid_t pid, const Wanted *wanted)
{
	/* A process may end between the listing and the look: no match, no error. */
	g_auto(GStrv) argv = proc_argv(live, pid, NULL);
	const char *uuid = argv ? argument(argv, "-uuid") : NULL;

	return argv && has_guest_name(argv, wanted->name, wanted->name_is_prefix) &&
	       (!wanted->uuid || g_strcmp0(uuid, wanted->uuid) == 0) &&
	       (!wanted->directory || names_directory(argv, wanted->directory));
}

static GArray *scan(const Root *live, const Wanted *wanted, GError **error)
{
	g_autoptr(GPtrArray) names = root_list(live, "proc", error);
	g_autoptr(GArray) pids = NULL;

	if (!names)
		return NULL;
	pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
	for (guint i = 0; i < names->len; i++) {
		guint64 number;
		pid_t pid;

		if (!number_parse(names->pdata[i], 1, G_MAXINT32, &number, NULL))
			continue;
		pid = (pid_t)number;
		if (pid != getpid() && matches(live, pid, wanted))
			g_array_append_val(pids, pid);
	}
	return g_steal_pointer(&pids);
}

gboolean qemu_process_find(const Root *live, const char *name, const char *uuid,
			   pid_t *ret, GError **error)
{
	const Wanted wanted = {.name = name, .uuid = uuid};
	g_autoptr(GArray) pids = scan(live, &wanted, error);

	if (!pids)
		return FALSE;
	if (pids->len != 1)
		return lathe_error(
		    error, LATHE_ERROR_ENVIRONMENT,
		    "%u processes of this machine are QEMU with domain '%s', "
		    "UUID %s; one was expected",
		    pids->len, name, uuid);
	*ret = g_array_index(pids, pid_t, 0);
	return TRUE;
}

gboolean qemu_process_find_uuid(const Root *live, const char *uuid, pid_t *ret, GError **error)
{
	const Wanted wanted = {.name = "", .name_is_prefix = TRUE, .uuid = uuid};
	g_autoptr(GArray) pids = scan(live, &wanted, error);

	if (!pids)
		return FALSE;
	if (pids->len > 1)
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
				   "%u processes of this machine are QEMU with UUID %s", pids->len,
				   uuid);
	*ret = pids->len > 0 ? g_array_index(pids, pid_t, 0) : 0;
	return TRUE;
}

GArray *qemu_process_list(const Root *live, const char *directory, GError **error)
{
	const Wanted wanted = {
	    .name = "lathe-", .name_is_prefix = TRUE, .directory = directory};

	return scan(live, &wanted, error);
}

int qemu_process_open(pid_t pid)
{
	/* pidfd_open(2) sets close-on-exec. */
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

gboolean qemu_process_wait_gone(int pidfd, int timeout_ms)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;

	for (;;) {
		gint64 left_us = MAX(deadline_us - g_get_monotonic_time(), 0);
		struct pollfd fd = {.fd = pidfd, .events = POLLIN};
		int ready = poll(&fd, 1, (int)((left_us + 999) / 1000));

		if (ready > 0)
			return TRUE;
		if (ready == 0 || errno != EINTR)
			return FALSE;
	}
}

gboolean qemu_process_kill(int pidfd, int timeout_ms)
{
	syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	return qemu_process_wait_gone(pidfd, timeout_ms);
}
