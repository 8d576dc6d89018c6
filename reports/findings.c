/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findings.h"

#include <string.h>

#include "knob.h"
#include "vm_findings.h"

const FindingsFormat *const findings_formats[] = {
	&findings_text, &findings_json, &findings_junit, &findings_tap, &findings_markdown,
	NULL,
};

const FindingsFormat *findings_format_find(const char *name)
{
	for (const FindingsFormat *const *format = findings_formats; *format; format++)
		if (strcmp((*format)->name, name) == 0)
			return *format;
	return NULL;
}

const char *findings_layer_title(const char *name)
{
	for (const KnobLayer *layer = knob_layers; layer->name; layer++)
		if (strcmp(layer->name, name) == 0)
			return layer->title;
	return strcmp(name, VM_FINDINGS_LAYER) == 0 ? VM_FINDINGS_TITLE : name;
}

char *findings_summary(const guint counts[static FINDING_STATUSES])
{
	static const FindingStatus order[] = {STATUS_FAIL, STATUS_WARN, STATUS_UNKNOWN,
					      STATUS_PASS, STATUS_NA};
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(order); i++)
		g_string_append_printf(text, "%s%u %s", i ? ", " : "", counts[order[i]],
				       finding_status_name(order[i]));
	return g_string_free(text, FALSE);
}

char *findings_evidence(const FindingEvidence *evidence)
{
	GString *text = g_string_new(evidence->place);

	if (evidence->seen)
		g_string_append_printf(text, ": seen %s",
				       *evidence->seen ? evidence->seen : "nothing");
	else
		g_string_append(text, ": not seen");
	if (evidence->wanted)
		g_string_append_printf(text, ", wanted %s", evidence->wanted);
	return g_string_free(text, FALSE);
}

static char *write_json(const FindingSet *set, const FindingsStyle *style)
{
	(void)style;
	return finding_set_to_json(set);
}

const FindingsFormat findings_json = {
	.name = "json",
	.summary = "every finding with its evidence",
	.write = write_json,
};
