/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an XPath selects in a domain XML, as text. */
#ifndef LATHE_DOMAIN_VALUES_H
#define LATHE_DOMAIN_VALUES_H

#include "view.h"

/* Values of the nodes, or the one value of an expression that gives a number, a string or a
 * truth ("true", "false"). Array of char *, owned by the caller. NULL with *ret_errno: the
 * XML cannot be read (EILSEQ: it is none), or EINVAL: the expression is malformed. */
GPtrArray *domain_values(KnobView *view, const char *xpath, int *ret_errno);

/* The same in domain-defined.xml: what libvirt was asked for. */
GPtrArray *domain_values_defined(KnobView *view, const char *xpath, int *ret_errno);

#endif
