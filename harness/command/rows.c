/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rows.h"

#include "choice.h"
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

/* ID=VALUE of a policy row that this tree is judged by. */
static gboolean choose(KnobView *view, const char *text, GError **error)
{
	const Knob *knob;
	const char *value;

	if (!choice_parse(text, LATHE_ERROR_USAGE, &knob, &value, error)) {
		g_prefix_error(error, "--choose: ");
		return FALSE;
	}
	if (!(knob->scopes & knob_view_scope(view)))
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "--choose: '%s' is no row of scope %s", knob->id,
				   knob_scope_name(knob_view_scope(view)));
	if (knob_view_choice(view, knob->id))
		return lathe_error(error, LATHE_ERROR_USAGE, "--choose: '%s' twice", knob->id);
	knob_view_choose(view, knob->id, value);
	return TRUE;
}

gboolean rows_choose(const Arguments *arguments, KnobView *view, GError **error)
{
	for (const char *const *text = arguments_values(arguments, "choose"); *text; text++)
		if (!choose(view, *text, error))
			return FALSE;
	return TRUE;
}
