/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "domain_canonical.h"
#include "domain_document.h"
#include "domain_edit.h"

gboolean domain_same(const char *a, const char *b, gboolean *ret_same, GError **error)
{
	g_autoptr(xmlDoc) first = domain_document_parse(a, error);
	g_autoptr(xmlDoc) second = first ? domain_document_parse(b, error) : NULL;
	g_autofree char *one = NULL;
	g_autofree char *other = NULL;

	if (!second)
		return FALSE;
	one = domain_canonical(first);
	other = domain_canonical(second);
	*ret_same = strcmp(one, other) == 0;
	return TRUE;
}
