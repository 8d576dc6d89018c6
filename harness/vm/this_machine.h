/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a libvirt host is the machine this process runs on. */
#ifndef LATHE_THIS_MACHINE_H
#define LATHE_THIS_MACHINE_H

#include <glib.h>

#include "root.h"

/*
 * Compares the host UUID of a connection's capabilities with this machine's SMBIOS UUID and
 * machine id, the two that libvirt takes it from. libvirt makes one up where there is no
 * SMBIOS: then only a URI without a server counts as this machine. An error says whose
 * the UUID is not.
 */
gboolean this_machine_check(const Root *live, const char *uri, const char *capabilities_xml,
			    GError **error);

#endif
