/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was decided before the kernel ran: its command line and its configuration. */
#include <errno.h>

#include "choice.h"
#include "kernel_cmdline.h"
#include "place.h"

void place_parameter(const Knob *knob, KnobView *view, Tally *tally)
{
	int errnum = 0;
	const KernelCmdline *cmdline = knob_view_cmdline(view, &errnum);
	g_autofree char *place = g_strdup_printf("proc/cmdline %s", knob->path);
	const char *value;
	KnobMatch match;

	if (!cmdline) {
		/* The file is what is missing, not the parameter. */
		tally_match(tally, MATCH_ODD, "proc/cmdline", NULL, -1, knob->text,
			    knob_view_strerror(view, errnum));
		return;
	}
	value = kernel_cmdline_last(cmdline, knob->path);
	if (value) {
		tally_value(tally, place, value, -1);
		return;
	}
	/* The command line was read: that a parameter is not on it is a fact, also in a tree
	 * that others captured. */
	match = choice_match_absent(knob, view);
	if (match == MATCH_ODD)
		match = MATCH_BROKEN;
	tally_match(tally, match, place, match == MATCH_IRRELEVANT ? NULL : PLACE_NOT_GIVEN, -1,
		    knob->text, knob->absent_means);
}

void place_kconfig(const Knob *knob, KnobView *view, Tally *tally)
{
	int errnum = 0;
	const char *value = knob_view_kconfig(view, knob->path, &errnum);
	g_autofree char *place = g_strdup_printf("CONFIG_%s", knob->path);

	if (value)
		tally_value(tally, place, value, -1);
	else
		tally_match(tally, MATCH_ODD, place, NULL, -1, knob->text,
			    errnum == ENOENT ? "no configuration of the running kernel is to be "
					       "found (boot/config-RELEASE, proc/config.gz)"
					     : g_strerror(errnum));
}
