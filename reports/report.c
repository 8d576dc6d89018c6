/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include <string.h>

#include "formats.h"

const ReportFormat *const report_formats[] = {
	&report_text,
	&report_json,
	&report_html,
	NULL,
};

const ReportFormat *report_find(const char *name)
{
	for (const ReportFormat *const *format = report_formats; *format; format++)
		if (strcmp((*format)->name, name) == 0)
			return *format;
	return NULL;
}
