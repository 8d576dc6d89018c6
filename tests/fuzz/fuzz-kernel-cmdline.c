/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a kernel command line, its values as isolcpus=, and what the lint says of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_cmdline.h"
#include "kernel_parameters.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gboolean claim)
{
	if (!claim)
		abort();
}

static void read_isolcpus(const char *value)
{
	g_autoptr(GError) error = NULL;
	IsolcpusValue parsed, before;

	memset(&parsed, 0xa5, sizeof parsed);
	before = parsed;
	if (isolcpus_parse(value, 256, &parsed, &error)) {
		check(cpuset_count(&parsed.cpus) > 0);
		check(cpuset_next(&parsed.cpus, 256) < 0);
		check(parsed.domain || parsed.managed_irq || parsed.nohz);
		check(memchr(parsed.unknown_flag, '\0', sizeof parsed.unknown_flag) != NULL);
	} else {
		check(error && g_utf8_validate(error->message, -1, NULL));
		check(memcmp(&parsed, &before, sizeof parsed) == 0);
	}
}

/* Each stands in the text where it says, behind the one before. */
static void check_parameters(const KernelCmdline *cmdline, const char *text,
			     gsize length)
{
	gsize end = 0;

	for (guint i = 0; i < kernel_cmdline_size(cmdline); i++) {
		const KernelParameter *p = kernel_cmdline_at(cmdline, i);
		gsize quote = text[p->offset] == '"';

		check(p->offset >= end);
		check(strlen(p->name) == strlen(p->typed) && !strchr(p->name, '-'));
		check(strncmp(text + p->offset + quote, p->typed, strlen(p->typed)) == 0);
		check(kernel_cmdline_count(cmdline, p->typed) >= 1);
		check(kernel_cmdline_last(cmdline, p->name) != NULL);
		end = p->offset + quote + strlen(p->typed) + (p->value ? strlen(p->value) : 0);
		if (p->value)
			read_isolcpus(p->value);
	}
	check(end <= length && kernel_cmdline_length(cmdline) <= length);
}

static void check_lint(const KernelCmdline *cmdline, const char *release)
{
	const Cpuset possible = {{0xf0ff}};
	g_autoptr(GPtrArray) found =
		kernel_cmdline_lint(cmdline, release, release ? &possible : NULL);

	for (guint i = 0; i < found->len; i++) {
		const CmdlineLint *one = found->pdata[i];

		check(cmdline_lint_kind_name(one->kind) != NULL);
		check(g_utf8_validate(one->parameter, -1, NULL));
		check(g_utf8_validate(one->seen, -1, NULL) && !strchr(one->seen, '\n'));
		check(g_utf8_validate(one->message, -1, NULL) && *one->remedy);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(KernelCmdline) cmdline =
		kernel_cmdline_parse((const char *)data, size, &error);

	check(!cmdline == (error != NULL));
	check(cmdline || (size > 0 && memchr(data, '\0', size)) || size > KERNEL_CMDLINE_BYTES);
	if (cmdline) {
		check_parameters(cmdline, (const char *)data, size);
		check_lint(cmdline, NULL);
		check_lint(cmdline, "6.1.0-18-rt-amd64");
	}
	return 0;
}
