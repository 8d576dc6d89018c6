/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an sosreport keeps in the output of a command instead of a file. Its kernel log and
 * kernel configuration are looked for where those are (view_facts.c, view_kconfig.c). Its ps
 * listings are of no use: they lack the CPUs that a thread may run on, and those with the
 * policy have only the first thread of a process, so that a stray thread would be overlooked.
 */
#include <string.h>

#include "number.h"
#include "view_private.h"

#define SYSCTL "sos_commands/kernel/sysctl_-a"

/* sysctl(8): "net/ipv4/conf/eth0.1/forwarding" is "net.ipv4.conf.eth0/1.forwarding". */
static void swap_separators(char *name)
{
	for (; *name; name++)
		if (*name == '/')
			*name = '.';
		else if (*name == '.')
			*name = '/';
}

/* "kernel.osrelease = 6.1.0". A file of several lines is as many lines of that name. */
static void take_line(GHashTable *into, Span line)
{
	g_autofree char *text = span_dup(line);
	char *value = strstr(text, " = ");
	const char *before;

	if (!value)
		return;
	*value = '\0';
	value += strlen(" = ");
	swap_separators(text);
	before = g_hash_table_lookup(into, text);
	g_hash_table_insert(into, g_strdup(text),
			    before ? g_strconcat(before, value, "\n", NULL)
				   : g_strconcat(value, "\n", NULL));
}

static GHashTable *read_sysctl(KnobView *view)
{
	GHashTable *values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	const char *text = knob_view_read(view, SYSCTL, NULL);
	Span span = span_of(text ? text : ""), line;

	while (span_take_line(&span, &line))
		take_line(values, line);
	return values;
}

const char *view_sosreport(KnobView *view, const char *path)
{
	if (view->complete || !g_str_has_prefix(path, "proc/sys/"))
		return NULL;
	if (!view->sysctl)
		view->sysctl = read_sysctl(view);
	return g_hash_table_lookup(view->sysctl, path + strlen("proc/sys/"));
}
