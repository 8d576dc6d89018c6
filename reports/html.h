/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of the HTML report. Each adds itself to `main`. */
#ifndef LATHE_HTML_H
#define LATHE_HTML_H

#include <glib.h>
#include <libxml/tree.h>

#include "run.h"

void html_verdict(xmlNode *main, const char *directory, const Run *run);
void html_limits(xmlNode *main, const char *directory, const Run *run);
void html_plan(xmlNode *main, const char *directory, const Run *run);
void html_canary(xmlNode *main, const char *directory, const Run *run);
void html_stages(xmlNode *main, const char *directory, const Run *run);
void html_tuning(xmlNode *main, const char *directory, const Run *run);
void html_findings(xmlNode *main, const char *directory, const Run *run);
void html_machines(xmlNode *main, const char *directory, const Run *run);
void html_versions(xmlNode *main, const char *directory, const Run *run);
void html_proves(xmlNode *main, const char *directory, const Run *run);
void html_files(xmlNode *main, const char *directory, const Run *run);

/* The stage's plot as a picture, or why there is none. */
void html_plot(xmlNode *parent, const char *directory, const Run *run, const RunStage *stage);

/* A list of sentences; nothing when there are none. */
void html_list(xmlNode *parent, const char *class, const GPtrArray *items);

/* The style sheet; without '<' and '&', which the page would have to escape. */
extern const char html_style[];

#endif
