/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "internal.h"

#include <string.h>

#include <libvirt-glib/libvirt-glib.h>
#include <libvirt/libvirt.h>

#include "domains.h"
#include "embedded.h"
#include "error.h"
#include "libvirt_error.h"
#include "this_machine.h"

void hypervisor_init(void)
{
	static gsize done;

	if (!g_once_init_enter(&done))
		return;
	libvirt_silence();
	gvir_event_register();
	g_once_init_leave(&done, 1);
}

static Hypervisor *connect_to(const char *uri, gboolean read_only, GError **error)
{
	virConnectPtr connection =
		read_only ? virConnectOpenReadOnly(uri) : virConnectOpen(uri);
	Hypervisor *hypervisor;

	if (!connection) {
		libvirt_error(error, "connect to libvirt at '%s'", uri);
		return NULL;
	}
	hypervisor = g_new0(Hypervisor, 1);
	hypervisor->connection = connection;
	hypervisor->uri = g_strdup(uri);
	hypervisor->read_only = read_only;
	hypervisor->watched = g_ptr_array_new();
	return hypervisor;
}

Hypervisor *hypervisor_open_embedded(const char *directory, const char *cache_directory,
				     GError **error)
{
	g_autofree char *uri = embedded_uri(directory);
	Hypervisor *hypervisor;

	if (!embedded_prepare(directory, cache_directory, error))
		return NULL;
	hypervisor = connect_to(uri, FALSE, error);
	if (hypervisor)
		hypervisor->directory = g_strdup(directory);
	return hypervisor;
}

static gboolean check_connection(const Hypervisor *hypervisor, GError **error)
{
	const char *type = virConnectGetType(hypervisor->connection);
	g_autoptr(Root) live = NULL;
	char *capabilities;
	gboolean is_here;

	if (!type)
		return libvirt_error(error, "ask '%s' for its type", hypervisor->uri);
	if (strcmp(type, "QEMU") != 0)
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "'%s' is a connection of type %s; lathe needs QEMU",
				   hypervisor->uri, type);
	live = root_open_live(error);
	if (!live)
		return FALSE;
	capabilities = virConnectGetCapabilities(hypervisor->connection);
	if (!capabilities)
		return libvirt_error(error, "read the capabilities of '%s'",
				     hypervisor->uri);
	is_here = this_machine_check(live, hypervisor->uri, capabilities, error);
	free(capabilities);
	return is_here;
}

Hypervisor *hypervisor_open(const char *uri, GError **error)
{
	g_autoptr(Hypervisor) hypervisor = connect_to(uri, FALSE, error);

	if (!hypervisor || !check_connection(hypervisor, error)) {
		if (!g_str_has_prefix(uri, "qemu"))
			lathe_error_hint(error,
					 "--connect takes a QEMU connection on this machine, such "
					 "as qemu:///system; without it lathe needs no daemon");
		return NULL;
	}
	return g_steal_pointer(&hypervisor);
}

Hypervisor *hypervisor_open_any(const char *uri, gboolean read_only, GError **error)
{
	return connect_to(uri, read_only, error);
}

gboolean hypervisor_is_here(const Hypervisor *hypervisor, GError **error)
{
	return check_connection(hypervisor, error);
}

gboolean hypervisor_check_emulator(Hypervisor *hypervisor, GError **error)
{
	/* libvirt knows where each distribution puts QEMU. */
	char *capabilities = virConnectGetDomainCapabilities(hypervisor->connection, NULL,
							     "x86_64", NULL, NULL, 0);

	if (!capabilities)
		return libvirt_error(error, "look for QEMU (qemu-system-x86_64)");
	free(capabilities);
	return TRUE;
}

void hypervisor_free(Hypervisor *hypervisor)
{
	if (!hypervisor)
		return;
	virConnectClose(hypervisor->connection);
	g_ptr_array_unref(hypervisor->watched);
	g_free(hypervisor->uri);
	g_free(hypervisor->directory);
	g_free(hypervisor);
}

const char *hypervisor_uri(const Hypervisor *hypervisor)
{
	return hypervisor->uri;
}

/* libvirt codes versions as major * 1,000,000 + minor * 1,000 + release. */
static char *version_text(unsigned long version)
{
	return g_strdup_printf("%lu.%lu.%lu", version / 1000000, version / 1000 % 1000,
			       version % 1000);
}

char *hypervisor_libvirt_version(Hypervisor *hypervisor)
{
	unsigned long version;

	if (virConnectGetLibVersion(hypervisor->connection, &version) < 0)
		return NULL;
	return version_text(version);
}

char *hypervisor_qemu_version(Hypervisor *hypervisor)
{
	unsigned long version;

	if (virConnectGetVersion(hypervisor->connection, &version) < 0)
		return NULL;
	return version_text(version);
}
