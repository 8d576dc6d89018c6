/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What identifies a machine wherever it is written. */
#include <string.h>

#include "scrub_private.h"

#define HEX    "[0-9A-Fa-f]"
#define NO_HEX "(?<![0-9A-Za-z])"
#define END    "(?![0-9A-Za-z])"

typedef struct {
	const char *pattern; /* what is replaced; a group 1 stays before it */
	const char *stand_in; /* with %u: a number for each original */
} Rule;

static const Rule rules[] = {
	/* Kernel command line (root=UUID=), mediated devices, vmbus, efivars, NQNs, boot ids. */
	{"()" NO_HEX HEX "{8}-" HEX "{4}-" HEX "{4}-" HEX "{4}-" HEX "{12}" END,
	 "00000000-0000-0000-0000-%012u"},
	/* systemd's machine id, in its command line parameter, units and the journal. */
	{"()" NO_HEX HEX "{32}" END, "%032u"},
	/* Network addresses: Ethernet, and InfiniBand with 20 bytes. Bounded, for the search of a
	 * hostile file must end too. */
	{"()" NO_HEX HEX "{2}(?::" HEX "{2}){5,31}" END, "02:00:00:00:00:%02u"},
	{"()" NO_HEX HEX "{2}(?:-" HEX "{2}){5}(?![0-9A-Za-z-])", "02-00-00-00-00-%02u"},
	/* Interfaces that systemd names by it, "enx001122334455"; BOOTIF=01-... is above. */
	{"\\b((?:en|wl|ww|ib|sl)x)" HEX "{12}" END, "%012u"},
	/* The names of disks in the kernel's log and command line. */
	{"((?:disk/)?by-id/)[^\\s,\"']+", "scrubbed"},
	{"\\b((?:naa|eui|wwn|nguid)[.\\-=: ]*(?:0x)?)" HEX "{16,32}" END, "scrubbed"},
	/* The kernel's log: "usb 1-1: SerialNumber: 4C53", "S/N: 12". "Serial: 8250/16550" stays. */
	{"(\\b(?:serial[ _-]?(?:number|no\\.?|#)|service ?tag|asset[ _-]?tag|s/n|ppin)"
	 "[ \\t]*:[ \\t]*)[^\\s,;][^,;\\r\\n]*",
	 "scrubbed"},
	/* A parameter of the kernel or of a module: a word. */
	{"(\\b(?:serial(?:[ _-]?(?:number|no))?|service[ _-]?tag|asset[ _-]?tag|s/n|ppin)=)"
	 "[^\\s,;]+",
	 "scrubbed"},
	/* /proc/cpuinfo of ARM. */
	{"^(serial[ \\t]*:[ \\t]*)" HEX "{8,}$", "scrubbed"},
};

Scrub *scrub_rules_new(void)
{
	Scrub *scrub = g_new0(Scrub, 1);

	scrub->words = g_ptr_array_new_with_free_func(g_free);
	scrub->word_to = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	scrub->numbered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	scrub->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	scrub->regexes = g_ptr_array_new_with_free_func((GDestroyNotify)g_regex_unref);
	return scrub;
}

void scrub_free(Scrub *scrub)
{
	if (!scrub)
		return;
	g_ptr_array_unref(scrub->words);
	g_hash_table_unref(scrub->word_to);
	g_hash_table_unref(scrub->numbered);
	g_hash_table_unref(scrub->kept);
	g_ptr_array_unref(scrub->regexes);
	g_clear_pointer(&scrub->words_regex, g_regex_unref);
	g_free(scrub->failed);
	g_free(scrub);
}

void scrub_add_word(Scrub *scrub, const char *word, const char *stand_in)
{
	char *lower = g_ascii_strdown(word, -1);

	if (g_hash_table_insert(scrub->word_to, lower, (gpointer)stand_in))
		g_ptr_array_add(scrub->words, g_strdup(lower));
}

/* Bytes: what is no UTF-8 is scrubbed as well. The patterns are our own, the words quoted. */
static GRegex *compile(const char *pattern)
{
	g_autoptr(GError) error = NULL;
	GRegex *regex = g_regex_new(pattern,
				    G_REGEX_RAW | G_REGEX_CASELESS | G_REGEX_MULTILINE |
					    G_REGEX_OPTIMIZE,
				    0, &error);

	g_assert_no_error(error);
	return regex;
}

/* "db1.example.org" before "db1". */
static int compare_lengths(gconstpointer a, gconstpointer b)
{
	gsize left = strlen(*(char *const *)a), right = strlen(*(char *const *)b);

	return left < right ? 1 : left > right ? -1 : strcmp(*(char *const *)a, *(char *const *)b);
}

void scrub_rules_compile(Scrub *scrub)
{
	g_autoptr(GString) any = g_string_new("(?<![0-9A-Za-z_])(?:");

	g_ptr_array_sort(scrub->words, compare_lengths);
	for (guint i = 0; i < scrub->words->len; i++) {
		g_autofree char *quoted = g_regex_escape_string(scrub->words->pdata[i], -1);

		g_string_append_printf(any, "%s%s", i ? "|" : "", quoted);
	}
	g_string_append(any, ")(?![0-9A-Za-z_])");
	scrub->words_regex = compile(any->str);
	for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
		g_ptr_array_add(scrub->regexes, compile(rules[i].pattern));
}

static gboolean replace_word(const GMatchInfo *match, GString *into, gpointer data)
{
	const Scrub *scrub = data;
	g_autofree char *word = g_match_info_fetch(match, 0);
	g_autofree char *lower = g_ascii_strdown(word, -1);

	g_string_append(into, g_hash_table_lookup(scrub->word_to, lower));
	return FALSE;
}

typedef struct {
	Scrub *scrub;
	const Rule *rule;
} RuleUse;

static const char *number_of(Scrub *scrub, const char *original)
{
	g_autofree char *lower = g_ascii_strdown(original, -1);
	const char *number = g_hash_table_lookup(scrub->numbered, lower);

	if (!number) {
		number = g_strdup_printf("%u", ++scrub->numbers);
		g_hash_table_insert(scrub->numbered, g_steal_pointer(&lower), (char *)number);
	}
	return number;
}

static gboolean replace_rule(const GMatchInfo *match, GString *into, gpointer data)
{
	const RuleUse *use = data;
	g_autofree char *before = g_match_info_fetch(match, 1);
	g_autofree char *all = g_match_info_fetch(match, 0);
	const char *stand_in = use->rule->stand_in;
	const char *percent = strchr(stand_in, '%');
	const char *number;
	gsize width;

	g_string_append(into, before);
	if (!percent) {
		g_string_append(into, stand_in);
		return FALSE;
	}
	/* "%012u": text of a table is no format. */
	number = number_of(use->scrub, all + strlen(before));
	width = (gsize)g_ascii_strtoull(percent + 1, NULL, 10);
	g_string_append_len(into, stand_in, percent - stand_in);
	for (gsize length = strlen(number); length < width; length++)
		g_string_append_c(into, '0');
	g_string_append(into, number);
	return FALSE;
}

static GString *replace(Scrub *scrub, const GRegex *regex, GString *from,
			GRegexEvalCallback each, gpointer data)
{
	g_autoptr(GError) error = NULL;
	GString *to = g_string_new(NULL);
	g_autoptr(GMatchInfo) match = NULL;
	gsize done = 0;

	/* By hand: g_regex_replace_eval() ends at a NUL. */
	g_regex_match_full(regex, from->str, (gssize)from->len, 0, 0, &match, &error);
	while (!error && g_match_info_matches(match)) {
		int start, end;

		g_match_info_fetch_pos(match, 0, &start, &end);
		g_string_append_len(to, from->str + done, (gssize)((gsize)start - done));
		each(match, to, data);
		done = (gsize)end;
		g_match_info_next(match, &error);
	}
	if (error && !scrub->failed)
		scrub->failed = g_strdup(error->message);
	g_string_append_len(to, from->str + done, (gssize)(from->len - done));
	g_string_free(from, TRUE);
	return to;
}

GString *scrub_bytes(Scrub *scrub, const char *bytes, gsize length)
{
	GString *text = g_string_new_len(bytes, (gssize)length);

	text = replace(scrub, scrub->words_regex, text, replace_word, scrub);
	for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
		RuleUse use = {scrub, &rules[i]};

		text = replace(scrub, scrub->regexes->pdata[i], text, replace_rule, &use);
	}
	return text;
}
