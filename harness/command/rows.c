/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rows.h"

#include "error.h"

gboolean rows_selection(const Arguments *arguments, KnobSelection *ret, GError **error)
{
	const char *severity = arguments_value(arguments, "severity");

	*ret = (KnobSelection){.only = arguments_values(arguments, "only"),
			       .skip = arguments_values(arguments, "skip")};
	if (severity && !finding_severity_parse(severity, &ret->least))
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "--severity '%s' is not info, low, medium, high or fatal",
				   severity);
	return TRUE;
}

gboolean rows_unknown(const char *id, GError **error)
{
	const char *nearest = knob_nearest(id);

	lathe_error(error, LATHE_ERROR_USAGE, "there is no row '%s'", id);
	if (nearest)
		lathe_error_hint(error, "did you mean '%s'? `lathe validate-host --list` has all",
				 nearest);
	else
		lathe_error_hint(error, "`lathe validate-host --list` has all");
	return FALSE;
}

static gboolean choose(KnobView *view, const char *text, GError **error)
{
	g_auto(GStrv) sides = g_strsplit(text, "=", 2);
	const Knob *knob;

	if (g_strv_length(sides) != 2 || !*sides[0] || !*sides[1])
		return lathe_error(error, LATHE_ERROR_USAGE, "--choose '%s' is not ID=VALUE",
				   text);
	knob = knob_find(sides[0], NULL);
	if (!knob)
		return rows_unknown(sides[0], error);
	if (!knob->opinions)
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "'%s' is no policy: there is nothing to choose", knob->id);
	knob_view_choose(view, sides[0], sides[1]);
	return TRUE;
}

gboolean rows_choose(const Arguments *arguments, KnobView *view, GError **error)
{
	for (const char *const *text = arguments_values(arguments, "choose"); *text; text++)
		if (!choose(view, *text, error))
			return FALSE;
	return TRUE;
}
