/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kvm.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * What libvirt does to QEMU for <locked/> without a memory limit of its own
 * (qemuDomainGetMemLockLimitBytes, virProcessSetMaxMemLock): RLIMIT_MEMLOCK becomes
 * unlimited. Tried in a child, since capabilities, user namespaces and security modules
 * all have a say in it, and since a limit that was raised must not stay raised here.
 * Returns 0 or an errno.
 */
static int try_to_raise(void)
{
	static const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return errno;
	if (pid == 0)
		_exit(setrlimit(RLIMIT_MEMLOCK, &unlimited) == 0 ? 0 : errno);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
}

static guint64 memory_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	return pages > 0 && size > 0 ? (guint64)pages * (guint64)size : 0;
}

gboolean memory_lock_allowed(guint64 bytes, char **ret_reason)
{
	struct rlimit limit = {0};
	guint64 present = memory_bytes();
	int errnum = try_to_raise();
	g_autofree char *hard = NULL;

	if (errnum == 0 && bytes <= present)
		return TRUE;
	if (errnum == 0) {
		*ret_reason = g_strdup_printf(
		    "%" G_GUINT64_FORMAT
		    " MiB cannot be locked: the machine has %" G_GUINT64_FORMAT " MiB",
		    bytes >> 20, present >> 20);
		return FALSE;
	}
	getrlimit(RLIMIT_MEMLOCK, &limit);
	hard = limit.rlim_max == RLIM_INFINITY
		   ? g_strdup("unlimited")
		   : g_strdup_printf("%" G_GUINT64_FORMAT " KiB",
				     (guint64)limit.rlim_max >> 10);
	*ret_reason =
	    g_strdup_printf("libvirt must lift the limit of locked memory "
			    "(RLIMIT_MEMLOCK, hard limit %s), "
			    "and this process may not: %s%s",
			    hard, g_strerror(errnum),
			    errnum == EPERM ? " (it lacks CAP_SYS_RESOURCE)" : "");
	return FALSE;
}
