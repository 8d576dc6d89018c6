/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel modules a guest loads: found by name below a modules directory, with what
 * they depend on, in an order in which each can be loaded. Dependencies come from the
 * modules themselves (.modinfo), because a kernel package has no modules.dep: depmod
 * writes that when the package is installed.
 */
#ifndef LATHE_MODULES_H
#define LATHE_MODULES_H

#include <glib.h>

/* What the agent's virtio-serial port needs, NULL-terminated. */
extern const char *const modules_wanted[];

typedef struct {
	char *name;      /* "virtio_pci": underscores, as the kernel spells it */
	GBytes *content; /* the ELF object, decompressed */
} Module;

void module_free(Module *module);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Module, module_free)

/* The module name in a file name: "virtio-rng.ko.xz" is "virtio_rng"; NULL when the file
 * is no module. */
char *module_name(const char *file);

/*
 * The wanted modules and their dependencies as an array of Module *, dependencies first.
 * One that is in modules.builtin is left out; one that is nowhere is an error.
 * *ret_release is the kernel release all of them are made for (vermagic), or NULL when
 * none is left.
 */
GPtrArray *modules_load(const char *directory, const char *const *wanted,
			char **ret_release, GError **error);

/* The names (char *) modules_load() would miss below that directory. */
GPtrArray *modules_missing(const char *directory, const char *const *wanted,
			   GError **error);

/* The value of a key in a module's .modinfo section; *ret is NULL when it is not there.
 * `name` is what errors call the module. */
gboolean modules_info(GBytes *module, const char *name, const char *key, char **ret,
		      GError **error);

#endif
