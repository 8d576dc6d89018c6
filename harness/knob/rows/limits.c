/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people may ask of the kernel without being root: priorities, locked memory. Whether it
 * comes into effect is in limits_effect.c. */
#include <errno.h>
#include <string.h>

#include "choice.h"
#include "judge.h"
#include "number.h"
#include "rows.h"
#include "user_limits.h"

#define GROUP       "realtime"
#define LIMITS_CONF "etc/security/limits.conf"
#define LIMITS_D    "etc/security/limits.d/*.conf"

/* ---- the group
 * ------------------------------------------------------------------------- */

/* group(5): "realtime:x:1002:user". FALSE with *ret_errno 0 when the file lacks it. */
static gboolean has_group(KnobView *view, int *ret_errno)
{
	const char *text = knob_view_read(view, "etc/group", ret_errno);
	Span span, line;

	if (!text)
		return FALSE;
	*ret_errno = 0;
	span = span_of(text);
	while (span_take_line(&span, &line))
		if (span_take_literal(&line, GROUP ":"))
			return TRUE;
	return FALSE;
}

static void judge_group(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;

	if (has_group(view, &errnum))
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else if (errnum)
		knob_conclude_errno(knob, view, finding, "etc/group", errnum);
	else
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "etc/group has no group " GROUP
			      ": real-time programs have to run as root");
}

gboolean limits_group_exists(const Knob *knob G_GNUC_UNUSED, KnobView *view,
			     char **ret_proof)
{
	int errnum = 0;

	if (has_group(view, &errnum) || errnum != 0)
		return TRUE;
	*ret_proof = g_strdup("there is no group " GROUP " (limits.group)");
	return FALSE;
}

/* ---- limits.conf(5): domain, type, item, value
 * -------------------------------------------- */

typedef struct {
	char *soft, *hard; /* NULL: nobody says */
} Limit;

static void limit_clear(Limit *limit)
{
	g_free(limit->soft);
	g_free(limit->hard);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Limit, limit_clear)

static void replace(char **text, const char *with)
{
	g_free(*text);
	*text = g_strdup(with);
}

GPtrArray *limits_words(Span line)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *text = span_dup(line);
	g_auto(GStrv) parts = g_strsplit_set(text, " \t\r", -1);

	for (char **part = parts; *part && **part != '#'; part++)
		if (**part)
			g_ptr_array_add(words, g_strdup(*part));
	return words;
}

static void take_line(Span line, const char *item, Limit *limit)
{
	g_autoptr(GPtrArray) words = limits_words(line);
	const char *type;

	if (words->len != 4 || strcmp(words->pdata[0], "@" GROUP) != 0 ||
	    strcmp(words->pdata[2], item) != 0)
		return;
	type = words->pdata[1];
	if (strcmp(type, "soft") == 0 || strcmp(type, "-") == 0)
		replace(&limit->soft, words->pdata[3]);
	if (strcmp(type, "hard") == 0 || strcmp(type, "-") == 0)
		replace(&limit->hard, words->pdata[3]);
}

static void take_text(const char *text, const char *item, Limit *limit)
{
	Span span = span_of(text), line;

	while (span_take_line(&span, &line))
		take_line(line, item, limit);
}

/* pam_limits reads limits.conf first and then the folder; the last line wins. FALSE when
 * it was concluded already. */
static gboolean read_limit(const Knob *knob, KnobView *view, Finding *finding,
			   const char *item, Limit *limit)
{
	const GPtrArray *more = knob_view_glob(view, LIMITS_D);
	int errnum = knob_view_glob_errno(view, LIMITS_D);
	const char *text;

	if (errnum && errnum != ENOENT) {
		knob_conclude_errno(knob, view, finding, LIMITS_D, errnum);
		return FALSE;
	}
	text = knob_view_read(view, LIMITS_CONF, &errnum);
	if (text)
		take_text(text, item, limit);
	else if (errnum != ENOENT || more->len == 0) {
		knob_conclude_errno(knob, view, finding, LIMITS_CONF, errnum);
		return FALSE;
	}
	for (guint i = 0; i < more->len; i++) {
		text = knob_view_read(view, more->pdata[i], &errnum);
		if (!text) {
			knob_conclude_errno(knob, view, finding, more->pdata[i], errnum);
			return FALSE;
		}
		take_text(text, item, limit);
	}
	finding_add_evidence(finding, g_strdup_printf("@" GROUP " soft %s", item),
			     g_strdup(limit->soft), NULL);
	finding_add_evidence(finding, g_strdup_printf("@" GROUP " hard %s", item),
			     g_strdup(limit->hard), NULL);
	return TRUE;
}

static gboolean at_least(const char *value, gint64 least)
{
	static const char *const none[] = {"unlimited", "infinity", "-1", NULL};
	guint64 number;

	return value && (g_strv_contains(none, value) ||
			 number_parse(value, (guint64)least, G_MAXINT64, &number, NULL));
}

static void judge_limit(const Knob *knob, KnobView *view, Finding *finding,
			const char *item)
{
	g_auto(Limit) limit = {NULL, NULL};

	if (!read_limit(knob, view, finding, item, &limit))
		return;
	if (at_least(limit.soft, knob->min) && at_least(limit.hard, knob->min))
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else if (!limit.soft && !limit.hard)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "nothing in etc/security says what @" GROUP "'s %s is",
			      item);
	else
		knob_conclude(knob, finding, MATCH_BROKEN, "@" GROUP "'s %s is not %s",
			      item, knob->text);
}

static void judge_rtprio(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_limit(knob, view, finding, "rtprio");
}

static void judge_memlock(const Knob *knob, KnobView *view, Finding *finding)
{
	judge_limit(knob, view, finding, "memlock");
}

/* pam_limits hands the number to setpriority(2): it is a nice value, and the kernel makes
 * 19 of 99. */
static void judge_priority(const Knob *knob, KnobView *view, Finding *finding)
{
	const char *choice = knob_view_choice(view, knob->id);
	g_auto(Limit) limit = {NULL, NULL};
	const char *value;
	guint64 nice;

	if (!read_limit(knob, view, finding, "priority", &limit))
		return;
	value = limit.hard ? limit.hard : limit.soft;
	if (!value)
		knob_conclude(knob, finding,
			      !choice				     ? MATCH_IRRELEVANT
			      : strcmp(choice, SIDE_NONE) == 0 ? MATCH_HOLDS
							     : MATCH_BROKEN,
			      "nothing in etc/security sets @" GROUP "'s priority");
	else if (choice && strcmp(choice, SIDE_NONE) == 0)
		knob_conclude(knob, finding, MATCH_BROKEN, "@" GROUP "'s priority is set");
	else if (number_parse(value, 99, 99, &nice, NULL))
		knob_conclude(
			knob, finding, MATCH_HOLDS,
			"it is ServoBox's 99, a nice value of 19: it slows the group's "
			"ordinary threads down");
	else
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "@" GROUP "'s priority is neither unset nor ServoBox's 99");
}

static const char *const group_file[] = {"etc/group", NULL};
static const char *const limit_files[] = {LIMITS_CONF, "etc/security/limits.d/", LIMITS_D,
					  "etc/group", NULL};

#define HOST_AND_GUEST (SCOPE_HOST | SCOPE_GUEST)
#define NO_PAM         "nobody logs in through PAM here"

/* clang-format off */
const Knob knob_rows_limits[] = {
	{
		.id	= "limits.group",
		.title	= "There is a group realtime",
		.why	= "without one, whoever starts a real-time program has to be root",
		.source	= "ServoBox RT settings 4",
		.remedy	= "groupadd realtime && usermod -aG realtime USER",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_group, .reads = group_file,
		.absent	= ABSENT_NA, .absent_means = "there is nobody but root",
	},
	{
		.id	= "limits.rtprio",
		.title	= "The group realtime may use every real-time priority",
		.why	= "without it SCHED_FIFO is refused, and a program that does not look runs as an "
			  "ordinary one",
		.source	= "ServoBox RT settings 5 (99); limits.conf(5)",
		.remedy	= "echo '@realtime - rtprio 99' >> /etc/security/limits.d/99-realtime.conf; log in "
			  "again",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_rtprio, .applies = limits_group_exists,
		.reads	= limit_files, .min = 99, .text = "99",
		.absent	= ABSENT_NA, .absent_means = NO_PAM,
	},
	{
		.id	= "limits.memlock",
		.title	= "The group realtime may lock its memory",
		.why	= "what is not locked is paged out, and comes back with a page fault",
		.source	= "ServoBox RT settings 5 (102400 KB); limits.conf(5)",
		.remedy	= "echo '@realtime - memlock unlimited' >> /etc/security/limits.d/99-realtime.conf; "
			  "log in again",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_memlock, .applies = limits_group_exists,
		.reads	= limit_files, .min = 102400, .text = "at least 102400 KB",
		.absent	= ABSENT_NA, .absent_means = NO_PAM,
	},
	{
		.id	= "limits.priority",
		.title	= "The group realtime's priority is unset or what a source recommends",
		.why	= "it is a nice value for ordinary threads, and 99 becomes 19, the least of all; it "
			  "does nothing for real-time threads",
		.source	= "ServoBox RT settings 5 (99); limits.conf(5); setpriority(2)",
		.remedy	= "take the line with priority out of /etc/security/limits.conf and limits.d",
		.scopes	= HOST_AND_GUEST, .severity = SEVERITY_LOW, .when = WHEN_RUNTIME,
		.place	= PLACE_COMPUTED, .judge = judge_priority, .applies = limits_group_exists,
		.reads	= limit_files,
		.absent	= ABSENT_NA, .absent_means = NO_PAM,
		.opinions = "ServoBox writes `priority 99`; limits.conf(5) calls it the nice value of "
			    "ordinary processes, where 99 slows down",
		.sides	= "99|" SIDE_NONE,
	},
	{
		.id	= NULL,
	},
};
/* clang-format on */
