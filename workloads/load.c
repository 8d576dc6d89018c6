/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "load.h"

#include <stdarg.h>
#include <string.h>

#include "row.h"

const Load *const loads[] = {
	&load_cpu, &load_hackbench, &load_io, &load_vm, NULL,
};

const Load *load_find(const char *name)
{
	for (const Load *const *load = loads; *load; load++)
		if (strcmp((*load)->name, name) == 0)
			return *load;
	return NULL;
}

char **stress_ng_argv(const LoadSize *size, ...)
{
	g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
	const char *option;
	va_list options;

	g_assert(size->directory);
	/* --timeout 0: no end; the default is a day. --temp-path: the default is the
	 * current directory, and every stressor makes a directory there. */
	g_strv_builder_add_many(argv, "stress-ng", "--quiet", "--timeout", "0",
				"--temp-path", size->directory, NULL);
	va_start(options, size);
	while ((option = va_arg(options, const char *)))
		g_strv_builder_add(argv, option);
	va_end(options);
	return g_strv_builder_end(argv);
}
