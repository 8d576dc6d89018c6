/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine.h"

#include <string.h>

#include "captured.h"
#include "error.h"

Root *machine_root(const Arguments *arguments, GError **error)
{
	const char *directory = arguments_value(arguments, "root");
	Root *root = directory ? captured_open(directory, error) : root_open_live(error);

	if (!root && directory)
		g_prefix_error(error, "--root: ");
	return root;
}

gboolean machine_json_wanted(const Arguments *arguments, gboolean *ret, GError **error)
{
	const char *format = arguments_value(arguments, "format");

	if (format && strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
		return lathe_error(error, LATHE_ERROR_USAGE, "--format '%s' is not text or json",
				   format);
	*ret = format && strcmp(format, "json") == 0;
	return TRUE;
}
