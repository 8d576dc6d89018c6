/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an XPath selects in a domain XML, as text. */
#ifndef LATHE_DOMAIN_VALUES_H
#define LATHE_DOMAIN_VALUES_H

#include "finding.h"
#include "view.h"

/* Values of the nodes, or the one value of an expression that gives a number, a string or a
 * truth ("true", "false"). Array of char *, owned by the caller. NULL with *ret_errno: the
 * XML cannot be read (EILSEQ: it is none of a
 * domain), or EINVAL: the expression is malformed. */
GPtrArray *domain_values(KnobView *view, const char *xpath, int *ret_errno);

/* The same; NULL when the finding was concluded instead. */
GPtrArray *domain_values_or_unknown(const Knob *knob, KnobView *view, Finding *finding,
				    const char *xpath);

/* Whether an expression that gives a truth is true; `unread` when the XML cannot be read. */
gboolean domain_is_true(KnobView *view, const char *xpath, gboolean unread);

/* The same in domain-defined.xml: what libvirt was asked for. */
GPtrArray *domain_values_defined(KnobView *view, const char *xpath, int *ret_errno);

#endif
