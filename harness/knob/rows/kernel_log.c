/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel_log.h"

#include <string.h>

#include "judge.h"

const char *const kernel_log_reads[] = {CAPTURE_KERNEL_LOG, "sos_commands/kernel/dmesg", "sos_commands/kernel/dmesg_-T", "dmesg", NULL};

void kernel_log_judge(const Knob *knob, KnobView *view, Finding *finding, KernelLogFind find)
{
	int errnum = 0;
	const char *log = knob_view_kernel_log(view, &errnum);
	g_autofree char *found = log ? find(log) : NULL;

	if (!log) {
		knob_conclude_errno(knob, view, finding, "the kernel's log", errnum);
		return;
	}
	finding_add_evidence(finding, g_strdup("the kernel's log"),
			     g_strdup(found ? found : "no such line"),
			     g_strdup("no such line"));
	if (found)
		knob_conclude(knob, finding, MATCH_BROKEN, "the kernel's log tells of: %s", found);
	else if (!strstr(log, "Linux version "))
		knob_conclude(knob, finding, MATCH_ODD,
			      "the kernel's log no longer reaches back to the boot, so that a "
			      "line missing from it proves nothing");
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

char *kernel_log_signs(const char *log, const KernelLogSign *signs)
{
	g_autoptr(GString) found = g_string_new(NULL);

	for (; signs->text; signs++)
		if (strstr(log, signs->text))
			g_string_append_printf(found, "%s%s", found->len ? ", " : "",
					       signs->meaning);
	return found->len ? g_string_free(g_steal_pointer(&found), FALSE) : NULL;
}
