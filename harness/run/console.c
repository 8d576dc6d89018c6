/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autofd.h"
#include "escape.h"
#include "number.h"

#define TAIL_BYTES (256 * 1024)
/* A line in a message: long enough for a panic's reason. */
#define LINE_BYTES 200

static GString *read_tail(const char *path)
{
	autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	GString *tail = NULL;
	struct stat st;
	gssize got;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return NULL;
	tail = g_string_sized_new(TAIL_BYTES);
	got = pread(fd, tail->str, TAIL_BYTES, MAX(st.st_size - TAIL_BYTES, 0));
	g_string_set_size(tail, got > 0 ? (gsize)got : 0);
	return tail;
}

static char *escape_line(Span line)
{
	while (line.end > line.at && g_ascii_isspace(line.end[-1]))
		line.end--;
	return escape_text(line.at, MIN(line.end - line.at, LINE_BYTES));
}

char *console_trouble(const char *path)
{
	g_autoptr(GString) tail = read_tail(path);
	Span span, line;

	if (!tail)
		return NULL;
	span = (Span){tail->str, tail->str + tail->len};
	while (span_take_line(&span, &line)) {
		const char *panic = g_strstr_len(line.at, line.end - line.at, "Kernel panic");

		if (panic)
			return escape_line((Span){panic, line.end});
	}
	return NULL;
}

char *console_last_line(const char *path)
{
	g_autoptr(GString) tail = read_tail(path);
	g_autofree char *last = NULL;
	Span span, line;

	if (!tail)
		return NULL;
	span = (Span){tail->str, tail->str + tail->len};
	while (span_take_line(&span, &line)) {
		g_autofree char *text = escape_line(line);

		if (!*text)
			continue;
		g_free(last);
		last = g_steal_pointer(&text);
	}
	return g_steal_pointer(&last);
}
