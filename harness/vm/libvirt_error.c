/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "libvirt_error.h"

#include <string.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "error.h"
#include "escape.h"

/* What libvirt's words mean for a user who never asked for libvirt. */
static const struct {
	const char *text;
	LatheErrorCode code;
	const char *hint;
} traps[] = {
	{
		.text = "Failed to parse user",
		.code = LATHE_ERROR_ENVIRONMENT,
		.hint = "libvirt wants its QEMU user to exist, even unused: install "
			"libvirt-daemon-system (Debian) or libvirt-daemon-driver-qemu "
			"(Fedora)",
	},
	{
		.text = "Failed to parse group",
		.code = LATHE_ERROR_ENVIRONMENT,
		.hint = "libvirt wants its QEMU group to exist, even unused: install "
			"libvirt-daemon-system (Debian) or libvirt-daemon-driver-qemu "
			"(Fedora)",
	},
	{
		.text = "no connection driver available",
		.code = LATHE_ERROR_ENVIRONMENT,
		.hint = "libvirt's QEMU driver is missing: install libvirt-daemon-driver-qemu "
			"(Debian and Fedora)",
	},
	{
		.text = "Failed to acquire pid file",
		.code = LATHE_ERROR_BUSY,
		.hint = "another process has this embedded libvirt open: wait for it to end",
	},
	{
		.text = "Failed to connect socket",
		.code = LATHE_ERROR_ENVIRONMENT,
		.hint = "no libvirt daemon answers there: start it, or leave --connect out for "
			"the embedded one",
	},
	{
		.text = "find any emulator",
		.code = LATHE_ERROR_ENVIRONMENT,
		.hint = "install it: apt install qemu-system-x86, or dnf install "
			"qemu-system-x86-core",
	},
	{
		.text = "Cannot set scheduler parameters",
		.code = LATHE_ERROR_ENVIRONMENT,
		.hint = "the VM's cpu cgroup has no real-time runtime (cpu.rt_runtime_us is 0): "
			"take \"cpu\" out of cgroup_controllers in qemu.conf, or grant it some",
	},
	{
		.text = "operation forbidden",
		.code = LATHE_ERROR_ENVIRONMENT,
		.hint = "this connection may only look: what changes VMs needs libvirt's socket "
			"for reading and writing, which is root's on most systems",
	},
	{
		.text = "read only access prevents",
		.code = LATHE_ERROR_ENVIRONMENT,
		.hint = "this connection may only look: what changes VMs needs libvirt's socket "
			"for reading and writing, which is root's on most systems",
	},
	{
		.text = "cannot limit locked memory",
		.code = LATHE_ERROR_ENVIRONMENT,
		.hint = "locked guest memory needs CAP_SYS_RESOURCE or an unlimited hard limit "
			"(ulimit -H -l)",
	},
};

static void ignore(void *data, virErrorPtr error)
{
	(void)data;
	(void)error;
}

void libvirt_silence(void)
{
	/* Its log writes warnings to stderr as well (a tainted domain is one). Whoever
	 * debugs libvirt sets this himself. Read once, by virInitialize(). */
	g_setenv("LIBVIRT_LOG_OUTPUTS", "4:file:/dev/null", FALSE);
	virSetErrorFunc(NULL, ignore);
}

gboolean libvirt_error(GError **error, const char *format, ...)
{
	virErrorPtr last = virGetLastError();
	g_autofree char *message = escape_text(
	    last && last->message ? last->message : "libvirt does not say why", -1);
	g_autofree char *what = NULL;
	LatheErrorCode code = LATHE_ERROR_ENVIRONMENT;
	const char *hint = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	for (gsize i = 0; i < G_N_ELEMENTS(traps); i++) {
		if (strstr(message, traps[i].text)) {
			code = traps[i].code;
			hint = traps[i].hint;
			break;
		}
	}
	lathe_error(error, code, "%s: %s", what, message);
	if (hint)
		lathe_error_hint(error, "%s", hint);
	virResetLastError();
	return FALSE;
}
