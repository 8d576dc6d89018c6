/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A good bundle, spoilt in one place: never PASS, and the reason says where. */
#ifndef LATHE_TEST_BUNDLE_DOUBTS_H
#define LATHE_TEST_BUNDLE_DOUBTS_H

#include "bundle_fixture.h"
#include "verdict.h"

typedef struct {
	const char *name;
	void (*spoil)(Fixture *f);
	const char *reason;
} Doubt;

#define DOUBT(function, reason) {#function, function, reason}

static inline char *joined(const GPtrArray *strings)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < strings->len; i++)
		g_string_append_printf(text, "%s\n", (char *)strings->pdata[i]);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static inline void doubt_check(const Doubt *doubt)
{
	Fixture *f = fixture_new();
	g_autofree char *reasons = NULL;

	doubt->spoil(f);
	fixture_findings(f);
	verdict_judge(f->directory, f->profile, f->run);
	reasons = joined(f->run->verdict.reasons);
	if (f->run->verdict.result != RESULT_INCONCLUSIVE || !strstr(reasons, doubt->reason))
		fail_msg("%s: %s, wanted INCONCLUSIVE with '%s' among:\n%s", doubt->name,
			 result_name(f->run->verdict.result), doubt->reason, reasons);
	assert_int_equal(f->run->verdict.proves->len, 0);
	fixture_free(f);
}

#endif
