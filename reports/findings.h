/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings for people and for CI. A format is a row; `lathe validate-host` prints them, and
 * the reports of a run use the same words.
 */
#ifndef LATHE_FINDINGS_H
#define LATHE_FINDINGS_H

#include "finding.h"

typedef struct {
	gboolean colour; /* terminal escapes */
	gboolean all;	 /* text: PASS and N/A as well, one line each */
} FindingsStyle;

typedef struct {
	const char *name;
	const char *summary;
	/* Newly allocated text that ends in a newline. */
	char *(*write)(const FindingSet *set, const FindingsStyle *style);
} FindingsFormat;

/* NULL-terminated. */
extern const FindingsFormat *const findings_formats[];
const FindingsFormat *findings_format_find(const char *name);

extern const FindingsFormat findings_text, findings_json, findings_junit, findings_tap,
	findings_markdown;

/* What a layer is called in a heading: the table's title, or the name itself when a bundle
 * comes from another version. */
const char *findings_layer_title(const char *layer);

/* "3 FAIL, 5 WARN, 1 UNKNOWN, 120 PASS, 40 N/A". */
char *findings_summary(const guint counts[static FINDING_STATUSES]);

/* "PLACE: seen X, wanted Y". */
char *findings_evidence(const FindingEvidence *evidence);

/* Findings grouped by layer, as the text report shows them. */
void findings_append_text(GString *out, const GPtrArray *findings,
			  const FindingsStyle *style);

#endif
