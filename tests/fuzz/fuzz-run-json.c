/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdint.h>
#include <string.h>

#include "run.h"
#include "verdict.h"

/* No bundle lies here: whatever a run.json claims, without its raw files it proves nothing. */
#define NO_BUNDLE "/nonexistent"

static const char profile_text[] =
	"[profile]\nname = x\nemulation = allowed\nplan = demonstration\n"
	"[measure]\ninterval = 10ms\nhistogram = 100\npriority = 80\n"
	"[stage loaded]\nduration = 10s\nloads = cpu vm\nlimits = max < 60us, avg <= 25us\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Run) run = run_from_json((const char *)data, size, &error);
	g_autoptr(Run) back = NULL;
	g_autoptr(Profile) profile = NULL;
	g_autofree char *once = NULL, *twice = NULL;

	g_assert((run == NULL) == (error != NULL));
	if (!run)
		return 0;
	once = run_to_json(run);
	back = run_from_json(once, strlen(once), &error);
	if (!back)
		g_error("%s", error->message);
	twice = run_to_json(back);
	g_assert_cmpstr(once, ==, twice);

	profile = profile_parse(profile_text, strlen(profile_text), "x.ini", NULL);
	verdict_judge(NO_BUNDLE, profile, run);
	g_assert_cmpint(run->verdict.result, ==, RESULT_INCONCLUSIVE);
	g_assert_cmpuint(run->verdict.reasons->len, >, 0);
	return 0;
}
