/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lathe vm show-config` prints, as text for people and as JSON. */
#ifndef LATHE_COMMAND_VM_SHOW_H
#define LATHE_COMMAND_VM_SHOW_H

#include "vm_map.h"
#include "vm_scene.h"

char *vm_show_text(const VmScene *scene);
char *vm_show_json(const VmScene *scene);

/* The CPUs of the machine, a line for each core that the host has not alone. */
void vm_map_append(GString *text, const VmScene *scene, const VmMap *map);

#endif
