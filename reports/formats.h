/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows that the files of this folder give to the table; nobody else includes it. */
#ifndef LATHE_FORMATS_H
#define LATHE_FORMATS_H

#include "report.h"

extern const ReportFormat report_html;
extern const ReportFormat report_text;
extern const ReportFormat report_json;

#endif
