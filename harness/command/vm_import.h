/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lathe vm import` and `lathe vm sync-config --reverse` have in common. */
#ifndef LATHE_COMMAND_VM_IMPORT_H
#define LATHE_COMMAND_VM_IMPORT_H

#include <glib.h>

#include "import.h"

/* Writes the config unless dry_run, and prints what there is to say of each VM. The exit status, or
 * -1 with an error. */
int vm_finish_import(const Import *import, const VmConfigs *configs, gboolean dry_run,
		     GError **error);

#endif
