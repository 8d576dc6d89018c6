/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats.h"

/* The document that the bundle keeps as run.json; its schema is harness/bundle's. */
static char *write_json(const char *directory, const Run *run, gboolean colour,
			GError **error)
{
	(void)directory;
	(void)colour;
	(void)error;
	return run_to_json(run);
}

const ReportFormat report_json = {
	.name = "json",
	.suffix = "json",
	.summary = "the run.json document",
	.write = write_json,
};
