/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile: what is measured, under which loads, and which limits bind, with its source.
 *
 *	[profile]
 *	name = virt-rt
 *	title = ...                            default none
 *	source = Virt-RT guide, 9.1            default none
 *	emulation = allowed | refused          default refused
 *	plan = qualification | demonstration   default qualification
 *	findings = judged | shown              default judged
 *	policy = ID=VALUE ...                  default none: of rows on which sources
 *	                                       disagree, the value that is wanted
 *	tune_skip = GLOB ...                   default none: rows that a run leaves as they are
 *	samples_floor_percent = 99             50 to 100, default 99
 *
 *	[guest]
 *	vcpus = 2             2 to 255, or "auto" (default): what the host's CPUs allow
 *	memory_mib = 512      128 to 1048576, default 512
 *	cmdline = ...         more kernel parameters
 *	files = FILE:/GUEST/PATH ...   more files for the initramfs
 *
 *	[measure]
 *	tool = cyclictest     default cyclictest
 *	interval = 10ms       10us to 1s, whole us
 *	histogram = 20000     buckets of 1 us, 1 to 100000
 *	priority = 80         1 to 98
 *
 *	[stage guest-loaded]
 *	where = guest         default guest
 *	duration = 60s        1s to 720h
 *	loads = cpu vm io hackbench            default none
 *	limits = max < 60us, avg <= 25us       default none: then the verdict is INCONCLUSIVE
 *
 * Unknown sections and keys are errors with the nearest known name.
 */
#ifndef LATHE_PROFILE_H
#define LATHE_PROFILE_H

#include <glib.h>

typedef enum { STATISTIC_MIN, STATISTIC_AVG, STATISTIC_MAX } Statistic;

typedef struct {
	Statistic statistic;
	gboolean or_equal; /* "<=": a value equal to the limit keeps it */
	gint64 limit_ns;
} Limit;

typedef struct {
	char *name;
	char *where; /* "guest" */
	guint64 duration_s;
	GPtrArray *loads; /* of char *, in file order; may be empty */
	GArray *limits;	  /* of Limit */
} ProfileStage;

typedef struct {
	char *name, *title, *source;
	gboolean emulation_allowed;
	gboolean demonstration_allowed;
	gboolean findings_shown;
	GPtrArray *tune_skip; /* of char *: globs over ids of rows that are not tuned */
	GPtrArray *choices; /* of char *: "ID=VALUE", of policy rows of the knob table */
	guint samples_floor_percent;
	guint vcpus; /* 0: auto */
	guint memory_mib;
	char *guest_cmdline; /* "" when none */
	GPtrArray *guest_files; /* of char *: "FILE:/GUEST/PATH" */
	char *tool;
	guint64 interval_us;
	guint32 buckets;
	guint priority;
	GPtrArray *stages; /* of ProfileStage * */
	GPtrArray *overrides; /* of char *: "KEY=VALUE" given on the command line */
} Profile;

Profile *profile_parse(const char *text, gsize length, const char *file_name,
		       GError **error);

/* name_or_path with a '/' or ending in ".ini" is a file; otherwise NAME.ini is looked for in
 * `directories` (NULL-terminated), first hit wins; not found lists the known names. */
Profile *profile_load(const char *name_or_path, const char *const *directories,
		      GError **error);
/* Names of the profiles in those directories, sorted, owned by the caller. */
GPtrArray *profile_names(const char *const *directories);
void profile_free(Profile *profile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Profile, profile_free)

/* `key` is "duration" (every stage), "limit" (replaces every stage's limits), "interval" ...:
 * any key of [measure], [guest] or a stage. Checked as in a file; recorded in overrides. */
gboolean profile_override(Profile *profile, const char *key, const char *value,
			  GError **error);

/* Fewer samples than these prove nothing worth printing: even if none of 300 exceeded a limit,
 * up to 3/300 = 1 % of all wake-ups may (95 % upper bound). */
#define PROFILE_SAMPLES_MIN 300

/* One for each interval of the stage, on each vCPU. */
guint64 profile_planned_samples(const Profile *profile, const ProfileStage *stage);

/* The effective profile as INI text, overrides applied: what the bundle stores, and what
 * profile_parse() reads back to an equal profile. */
char *profile_format(const Profile *profile);

const char *statistic_name(Statistic statistic);

/* Unit-tested tables: built-in key names, for completion and the manual. */
extern const char *const profile_keys[];

#endif
