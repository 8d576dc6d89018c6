/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LATHE_REMOVE_TREE_H
#define LATHE_REMOVE_TREE_H

#include <glib.h>

/* Removes a directory and everything below it, following no link and crossing no mount. TRUE
 * when nothing is left of it, also when there was nothing. */
gboolean remove_tree(const char *directory);

#endif
