/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The domain XML of a running VM: the values of what an XPath selects. */
#include <errno.h>

#include "domain_values.h"
#include "place.h"

void place_domain(const Knob *knob, KnobView *view, Tally *tally)
{
	int errnum = 0;
	g_autoptr(GPtrArray) values = domain_values(view, knob->path, &errnum);

	if (!values) {
		tally_match(tally, MATCH_ODD, "domain-live.xml", NULL, -1, knob->text,
			    g_strerror(errnum));
		return;
	}
	if (values->len == 0)
		tally_errno(tally, knob->path, ENOENT, -1);
	for (guint i = 0; i < values->len; i++)
		tally_value(tally, knob->path, values->pdata[i], -1);
}
