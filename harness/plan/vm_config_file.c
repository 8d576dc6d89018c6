/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/stat.h>

#include "error.h"
#include "escape.h"
#include "ini.h"
#include "replace_file.h"
#include "vm_config.h"

#define NEW_MODE 0644

static gboolean is_absent(const char *path)
{
	struct stat st;

	/* A symbolic link to nothing is there, and is wrong. */
	return lstat(path, &st) != 0 && errno == ENOENT;
}

VmConfigs *vm_configs_read(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	gsize length;

	if (is_absent(path)) {
		g_autofree char *shown = escape_text(path, -1);

		lathe_error_errno(error, ENOENT, "%s", shown);
		lathe_error_hint(error, "lathe vm import writes it from the VMs that libvirt has");
		return NULL;
	}
	if (!ini_read_text(path, &text, &length, error))
		return NULL;
	return vm_configs_parse(text, length, path, error);
}

VmConfigs *vm_configs_read_or_empty(const char *path, GError **error)
{
	if (is_absent(path))
		return vm_configs_parse("", 0, path, error);
	return vm_configs_read(path, error);
}

gboolean vm_configs_write(const char *path, const char *text, GError **error)
{
	return replace_file(path, text, NEW_MODE, NULL, error);
}

gboolean vm_configs_save(const VmConfigs *read, const char *text, GError **error)
{
	return replace_file(read->path, text, NEW_MODE, read->text, error);
}
