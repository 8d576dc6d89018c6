/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the captured machine in what people have of one. */
#ifndef LATHE_CAPTURED_H
#define LATHE_CAPTURED_H

#include "root.h"

/*
 * The root in `path`, which is
 *   - a directory that stands for "/": lathe's captures, an unpacked sosreport;
 *   - a tar archive of one (unpack.h), or whose only directory is one, as a sosreport's;
 *   - a directory with one such directory, or with a sysinfo.tgz: a node of an OpenShift
 *     must-gather.
 * An archive goes into a scratch directory (scratch.h) that the root owns. NULL with an
 * error when it is nothing of that kind.
 */
Root *captured_open(const char *path, GError **error);

#endif
