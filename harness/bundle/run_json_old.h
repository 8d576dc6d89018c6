/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents of earlier formats: for the reader of run.json only. */
#ifndef LATHE_RUN_JSON_OLD_H
#define LATHE_RUN_JSON_OLD_H

#include <glib.h>
#include <jansson.h>

/*
 * Makes a document of RUN_SCHEMA_1 one of RUN_SCHEMA: its guest becomes the one VM. Only moves what
 * is there: what is missing, unknown or of the wrong type is the reader's to find afterwards. Any
 * other document is untouched. FALSE, with *ret_what, for one that has parts of both.
 */
gboolean run_json_convert(json_t *json, char **ret_what);

#endif
