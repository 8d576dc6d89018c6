/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel_cmdline.h"

#include <string.h>

#include "error.h"

struct KernelCmdline {
	GStringChunk *strings;
	GArray *parameters; /* of KernelParameter */
	GTree *seen;	    /* name -> Seen; keys belong to strings. No choice of names makes
			     * it slow, as it would a hash table. */
	gsize length;
	gboolean quote_open;
};

typedef struct {
	guint count;
	guint first, last; /* indices into parameters */
} Seen;

/* The kernel's isspace(): lib/ctype.c counts 0xa0 (Latin-1's no-break space) in. */
static gboolean is_blank(char c)
{
	return g_ascii_isspace(c) || c == '\v' || (guchar)c == 0xa0;
}

/* dash2underscore() of kernel/params.c. */
static void normalise(char *name)
{
	for (; *name; name++)
		if (*name == '-')
			*name = '_';
}

/* The end of the parameter at `at`; a quote toggles, blanks within quotes do not end it. A '='
 * that begins the name belongs to the name. */
static const char *find_end(const char *at, const char *end, const char **ret_equals,
			    gboolean *ret_quoted)
{
	const char *name = *at == '"' ? at + 1 : at;
	gboolean quoted = FALSE;

	*ret_equals = NULL;
	for (; at < end && (quoted || !is_blank(*at)); at++) {
		if (*at == '=' && at > name && !*ret_equals)
			*ret_equals = at;
		if (*at == '"')
			quoted = !quoted;
	}
	*ret_quoted = quoted;
	return at;
}

/* One parameter out of [at, end). Quotes around the whole of it or around the value go;
 * others stay, as in next_arg(). */
static KernelParameter split(KernelCmdline *cmdline, const char *text, const char *at,
			     const char *end, const char *equals)
{
	KernelParameter parameter = {.offset = (gsize)(at - text)};
	gboolean closing = end[-1] == '"';
	gboolean whole = *at == '"';
	const char *name_end = equals ? equals : end;
	g_autofree char *name = NULL;

	if (whole)
		at++;
	if (equals) {
		const char *value = equals + 1;
		gboolean own = value < end && *value == '"';

		if (own)
			value++;
		if ((own || whole) && closing && end > value)
			end--;
		parameter.value = g_string_chunk_insert_len(cmdline->strings, value,
							    (gssize)(end - value));
	} else if (whole && closing && end > at) {
		name_end = end - 1;
	}
	name = g_strndup(at, (gsize)(MAX(name_end, at) - at));
	parameter.typed = g_string_chunk_insert(cmdline->strings, name);
	normalise(name);
	parameter.name = g_string_chunk_insert(cmdline->strings, name);
	return parameter;
}

static void add(KernelCmdline *cmdline, const KernelParameter *parameter)
{
	Seen *seen = g_tree_lookup(cmdline->seen, parameter->name);

	if (!seen) {
		seen = g_new0(Seen, 1);
		seen->first = cmdline->parameters->len;
		g_tree_insert(cmdline->seen, (gpointer)parameter->name, seen);
	}
	seen->count++;
	seen->last = cmdline->parameters->len;
	g_array_append_vals(cmdline->parameters, parameter, 1);
}

static void take_all(KernelCmdline *cmdline, const char *text, const char *end)
{
	const char *at = text;

	for (;;) {
		const char *stop, *equals;
		KernelParameter parameter;

		while (at < end && is_blank(*at))
			at++;
		if (at == end)
			return;
		stop = find_end(at, end, &equals, &cmdline->quote_open);
		parameter = split(cmdline, text, at, stop, equals);
		/* parse_args(): "--" without a value ends the kernel's part. */
		if (!parameter.value && strcmp(parameter.typed, "--") == 0)
			return;
		add(cmdline, &parameter);
		at = stop;
	}
}

static int compare_names(gconstpointer a, gconstpointer b, gpointer data)
{
	(void)data;
	return strcmp(a, b);
}

KernelCmdline *kernel_cmdline_parse(const char *text, gsize length, GError **error)
{
	KernelCmdline *cmdline;

	if (length > KERNEL_CMDLINE_BYTES) {
		lathe_error(error, LATHE_ERROR_INPUT,
			    "a kernel command line of %zu bytes: more than %u", length,
			    KERNEL_CMDLINE_BYTES);
		return NULL;
	}
	if (memchr(text, '\0', length)) {
		lathe_error(error, LATHE_ERROR_INPUT,
			    "the kernel command line holds a NUL byte");
		return NULL;
	}
	/* proc/cmdline ends the line; other blanks are the kernel's: an open quote keeps them. */
	if (length > 0 && text[length - 1] == '\n')
		length--;
	cmdline = g_new0(KernelCmdline, 1);
	cmdline->strings = g_string_chunk_new(1024);
	cmdline->parameters = g_array_new(FALSE, FALSE, sizeof(KernelParameter));
	cmdline->seen = g_tree_new_full(compare_names, NULL, NULL, g_free);
	take_all(cmdline, text, text + length);
	while (length > 0 && is_blank(text[length - 1]))
		length--;
	cmdline->length = length;
	return cmdline;
}

void kernel_cmdline_free(KernelCmdline *cmdline)
{
	if (!cmdline)
		return;
	g_tree_unref(cmdline->seen);
	g_array_unref(cmdline->parameters);
	g_string_chunk_free(cmdline->strings);
	g_free(cmdline);
}

static const Seen *find(const KernelCmdline *cmdline, const char *name)
{
	g_autofree char *normal = g_strdup(name);

	normalise(normal);
	return g_tree_lookup(cmdline->seen, normal);
}

guint kernel_cmdline_count(const KernelCmdline *cmdline, const char *name)
{
	const Seen *seen = find(cmdline, name);

	return seen ? seen->count : 0;
}

static const char *value_at(const KernelCmdline *cmdline, guint index)
{
	const char *value = kernel_cmdline_at(cmdline, index)->value;

	return value ? value : "";
}

const char *kernel_cmdline_last(const KernelCmdline *cmdline, const char *name)
{
	const Seen *seen = find(cmdline, name);

	return seen ? value_at(cmdline, seen->last) : NULL;
}

const char *kernel_cmdline_first(const KernelCmdline *cmdline, const char *name)
{
	const Seen *seen = find(cmdline, name);

	return seen ? value_at(cmdline, seen->first) : NULL;
}

guint kernel_cmdline_size(const KernelCmdline *cmdline)
{
	return cmdline->parameters->len;
}

const KernelParameter *kernel_cmdline_at(const KernelCmdline *cmdline, guint index)
{
	g_assert(index < cmdline->parameters->len);
	return &g_array_index(cmdline->parameters, KernelParameter, index);
}

gsize kernel_cmdline_length(const KernelCmdline *cmdline)
{
	return cmdline->length;
}

gboolean kernel_cmdline_quote_open(const KernelCmdline *cmdline)
{
	return cmdline->quote_open;
}
