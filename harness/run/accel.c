/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "accel.h"

#include <string.h>

#include "root.h"
#include "trees.h"
#include "view.h"

Accel accel_proven(const char *bundle, char **ret_reason)
{
	g_autofree char *path = g_build_filename(bundle, TREE_HOST, NULL);
	g_autoptr(Root) root = root_open_captured(path, NULL);
	g_autofree char *proof = NULL;

	/* "yes" or "no", a tab, and the reason (view.h). */
	if (root)
		root_read_line(root, CAPTURE_KVM_PROOF, &proof, NULL, NULL);
	if (!proof || !(g_str_has_prefix(proof, "yes\t") || g_str_has_prefix(proof, "no\t"))) {
		*ret_reason = g_strdup("whether KVM works is not known: the capture of the host "
				       "holds no proof of it");
		return ACCEL_TCG;
	}
	*ret_reason = g_strdup(strchr(proof, '\t') + 1);
	return g_str_has_prefix(proof, "yes\t") ? ACCEL_KVM : ACCEL_TCG;
}
