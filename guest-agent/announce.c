/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "announce.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void announce(const char *format, ...)
{
	char line[256] = "lathe-agent: ";
	const int prefix = 13;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(line + prefix, sizeof line - (size_t)prefix - 1, format, args);
	va_end(args);
	if (length < 0)
		return;
	length += prefix;
	if (length > (int)sizeof line - 2)
		length = (int)sizeof line - 2;
	line[length++] = '\n';
	/* A console that cannot be written to leaves nobody to tell. */
	if (write(STDERR_FILENO, line, (size_t)length) < 0)
		return;
}
