/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpuinfo.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "number.h"

/* What x86's show_cpuinfo() writes for a processor, as far as somebody asks for it. */
enum { KEY_VENDOR, KEY_MODEL_NAME, KEY_MICROCODE, KEY_FLAGS, KEY_BUGS, KEYS };

static const char *const keys[KEYS] = {
	[KEY_VENDOR] = "vendor_id", [KEY_MODEL_NAME] = "model name",
	[KEY_MICROCODE] = "microcode", [KEY_FLAGS] = "flags", [KEY_BUGS] = "bugs",
};

/* NCAPINTS and NBUGINTS are some 25 words of 32 flags, of at most a few dozen bytes each. */
#define VALUE_BYTES (64u << 10)

struct CpuInfo {
	Cpuset cpus;
	guint count;
	gboolean x86;
	char *values[KEYS];  /* of the first processor */
	guint different;     /* bit k: some processor's key k is not the first one's */
	GPtrArray *flags, *bugs; /* words, sorted; they belong to `words` */
	GStringChunk *words;
};

/* The processor whose lines are being read. */
typedef struct {
	Span values[KEYS]; /* at NULL: no such line */
} Block;

static gboolean malformed(GError **error, guint line, const char *why)
{
	return lathe_error(error, LATHE_ERROR_INPUT, "cpuinfo, line %u: %s", line, why);
}

static void strip(Span *span)
{
	span_skip_blanks(span);
	while (span->end > span->at && g_ascii_isspace(span->end[-1]))
		span->end--;
}

/* "model name\t: Intel(R) ..." */
static gboolean split(Span line, Span *key, Span *value)
{
	const char *colon = line.at == line.end ?
				    NULL :
				    memchr(line.at, ':', (gsize)(line.end - line.at));

	if (!colon)
		return FALSE;
	*key = (Span){line.at, colon};
	*value = (Span){colon + 1, line.end};
	strip(key);
	strip(value);
	return TRUE;
}

static gboolean span_is(Span span, const char *text)
{
	return span_take_literal(&span, text) && span.at == span.end;
}

static gboolean equal(Span a, Span b)
{
	gsize length = (gsize)(a.end - a.at);

	if (!a.at || !b.at)
		return a.at == b.at;
	return length == (gsize)(b.end - b.at) && memcmp(a.at, b.at, length) == 0;
}

static const char *add_processor(CpuInfo *info, Span value)
{
	guint64 cpu;

	if (!span_take_number(&value, CPUSET_CPUS - 1, &cpu) || value.at != value.end)
		return "a processor whose number is none";
	if (cpuset_contains(&info->cpus, (guint)cpu))
		return "a processor that is there twice";
	cpuset_add(&info->cpus, (guint)cpu);
	info->count++;
	return NULL;
}

static const char *add_value(Block *block, guint key, Span value)
{
	if (block->values[key].at)
		return "a key that is there twice";
	if ((gsize)(value.end - value.at) > VALUE_BYTES)
		return "a value that is too long";
	block->values[key] = value;
	return NULL;
}

static void compare_blocks(CpuInfo *info, const Block *first, const Block *block)
{
	for (guint key = 0; key < KEYS; key++)
		if (!equal(first->values[key], block->values[key]))
			info->different |= 1u << key;
}

/* Reads every line; *first becomes the first processor's block. */
static gboolean take_lines(CpuInfo *info, Span text, Block *first, GError **error)
{
	Block block = {0};
	guint number = 0;
	Span line;

	while (span_take_line(&text, &line)) {
		const char *why = NULL;
		Span key, value;

		number++;
		if (!split(line, &key, &value))
			continue;
		if (span_is(key, "processor")) {
			if (info->count > 1)
				compare_blocks(info, first, &block);
			why = add_processor(info, value);
			block = (Block){0};
		}
		for (guint k = 0; !why && info->count > 0 && k < KEYS; k++)
			if (span_is(key, keys[k]))
				why = add_value(info->count == 1 ? first : &block, k, value);
		if (why)
			return malformed(error, number, why);
	}
	if (info->count > 1)
		compare_blocks(info, first, &block);
	return info->count > 0 ||
	       lathe_error(error, LATHE_ERROR_INPUT, "cpuinfo: no 'processor' line");
}

static int compare_words(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *words_of(CpuInfo *info, Span span)
{
	GPtrArray *words = g_ptr_array_new();

	while (span.at < span.end) {
		const char *end = span.at;

		while (end < span.end && !g_ascii_isspace(*end))
			end++;
		if (end > span.at)
			g_ptr_array_add(words, g_string_chunk_insert_len(info->words, span.at,
									 end - span.at));
		span.at = end < span.end ? end + 1 : end;
	}
	g_ptr_array_sort(words, compare_words);
	return words;
}

static void keep(CpuInfo *info, const Block *first)
{
	const Span none = {"", ""};

	info->x86 = first->values[KEY_VENDOR].at && first->values[KEY_FLAGS].at;
	info->words = g_string_chunk_new(4096);
	info->flags = words_of(info, info->x86 ? first->values[KEY_FLAGS] : none);
	info->bugs = words_of(info, info->x86 && first->values[KEY_BUGS].at ?
					    first->values[KEY_BUGS] :
					    none);
	for (guint key = 0; info->x86 && key < KEYS; key++)
		if (first->values[key].at)
			info->values[key] = span_dup(first->values[key]);
}

CpuInfo *cpuinfo_parse(const char *text, gsize length, GError **error)
{
	g_autoptr(CpuInfo) info = NULL;
	Block first = {0};

	if (memchr(text, '\0', length)) {
		lathe_error(error, LATHE_ERROR_INPUT, "cpuinfo: it holds a NUL byte");
		return NULL;
	}
	info = g_new0(CpuInfo, 1);
	if (!take_lines(info, (Span){text, text + length}, &first, error))
		return NULL;
	keep(info, &first);
	return g_steal_pointer(&info);
}

void cpuinfo_free(CpuInfo *info)
{
	if (!info)
		return;
	g_clear_pointer(&info->flags, g_ptr_array_unref);
	g_clear_pointer(&info->bugs, g_ptr_array_unref);
	g_clear_pointer(&info->words, g_string_chunk_free);
	for (guint key = 0; key < KEYS; key++)
		g_free(info->values[key]);
	g_free(info);
}

gboolean cpuinfo_is_x86(const CpuInfo *info)
{
	return info->x86;
}

guint cpuinfo_count(const CpuInfo *info)
{
	return info->count;
}

const Cpuset *cpuinfo_cpus(const CpuInfo *info)
{
	return &info->cpus;
}

const char *cpuinfo_vendor(const CpuInfo *info)
{
	return info->values[KEY_VENDOR];
}

const char *cpuinfo_model_name(const CpuInfo *info)
{
	return info->values[KEY_MODEL_NAME];
}

const char *cpuinfo_microcode(const CpuInfo *info)
{
	return info->values[KEY_MICROCODE];
}

static gboolean has_word(const GPtrArray *words, const char *word)
{
	/* bsearch() wants no NULL, which an empty array is. */
	return words->len > 0 && bsearch(&word, words->pdata, words->len, sizeof(gpointer),
					 compare_words) != NULL;
}

gboolean cpuinfo_has_flag(const CpuInfo *info, const char *flag)
{
	return has_word(info->flags, flag);
}

gboolean cpuinfo_has_bug(const CpuInfo *info, const char *bug)
{
	return has_word(info->bugs, bug);
}

gboolean cpuinfo_same_flags(const CpuInfo *info)
{
	return !(info->different & 1u << KEY_FLAGS);
}

gboolean cpuinfo_same_model(const CpuInfo *info)
{
	return !(info->different & (1u << KEY_MODEL_NAME | 1u << KEY_VENDOR));
}

gboolean cpuinfo_same_microcode(const CpuInfo *info)
{
	return !(info->different & 1u << KEY_MICROCODE);
}
