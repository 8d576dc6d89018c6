/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu_flags.h"

#include <string.h>

#include "cpuinfo.h"
#include "judge.h"
#include "words.h"

#define PLACE "proc/cpuinfo"

const char *const cpu_flags_reads[] = {PLACE, NULL};

gboolean cpu_flags_lack(KnobView *view, const char *flag)
{
	const char *text = knob_view_read(view, PLACE, NULL);
	g_autoptr(CpuInfo) info = text ? cpuinfo_parse(text, strlen(text), NULL) : NULL;

	return info && cpuinfo_is_x86(info) && !cpuinfo_has_flag(info, flag);
}

gboolean cpu_flags_apply(KnobView *view, const char *flag, const char *without,
			 char **ret_proof)
{
	if (!cpu_flags_lack(view, flag))
		return TRUE;
	*ret_proof = g_strdup_printf("%s: no flag %s in " PLACE, without, flag);
	return FALSE;
}

/* The first line of VMX flags, or NULL. */
static char *vmx_line(const char *text)
{
	const char *line = strstr(text, "\nvmx flags");
	const char *end = line ? strchr(line + 1, '\n') : NULL;

	if (!line)
		return NULL;
	return end ? g_strndup(line, (gsize)(end - line)) : g_strdup(line);
}

void cpu_flags_judge(const Knob *knob, KnobView *view, Finding *finding,
		     const char *flags, gboolean vmx)
{
	int errnum = 0;
	const char *text = knob_view_read(view, PLACE, &errnum);
	g_autoptr(CpuInfo) info = text ? cpuinfo_parse(text, strlen(text), NULL) : NULL;
	g_autofree char *line = text && vmx ? vmx_line(text) : NULL;
	g_auto(GStrv) words = g_strsplit(flags, "|", -1);

	if (!text) {
		knob_conclude_errno(knob, view, finding, PLACE, errnum);
		return;
	}
	if (!info || !cpuinfo_is_x86(info)) {
		knob_conclude(knob, finding, MATCH_ODD, "%s is not that of an x86 CPU",
			      PLACE);
		return;
	}
	for (char **word = words; *word; word++) {
		if (!cpuinfo_has_flag(info, *word) && !(line && words_contain(line, " \t:", *word)))
			continue;
		finding_add_evidence(finding, g_strdup(PLACE " flags"), g_strdup(*word),
				     g_strdup(flags));
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
		return;
	}
	finding_add_evidence(finding, g_strdup(PLACE " flags"),
			     g_strdup("not among them"), g_strdup(flags));
	if (vmx && !line && cpuinfo_has_flag(info, "vmx"))
		knob_conclude(knob, finding, MATCH_ODD,
			      "this kernel does not list the flags of VMX");
	else
		knob_conclude(knob, finding, MATCH_BROKEN, "the CPU's flags lack %s",
			      flags);
}
