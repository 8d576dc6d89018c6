/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's command line holds already, and how long it becomes. */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "persist_private.h"

/* arch/x86/include/asm/setup.h, with the NUL. A line that fills it may have been cut,
 * which kernel_cmdline_lint() says of it then. */
#define COMMAND_LINE_SIZE 2048
#define CMDLINE_MAX       (COMMAND_LINE_SIZE - 2)

char *persist_words_line(const GPtrArray *words)
{
	GString *line = g_string_new(NULL);

	for (guint i = 0; i < words->len; i++)
		g_string_append_printf(line, "%s%s", i ? " " : "",
				       (const char *)words->pdata[i]);
	return g_string_free(line, FALSE);
}

/* '-' and '_' are the same in a name (kernel/params.c, parameq()). */
static gboolean is_named(const char *word, const char *name)
{
	for (; *name && *word && *word != '='; word++, name++)
		if (*word != *name && !(strchr("-_", *word) && strchr("-_", *name)))
			return FALSE;
	return !*name && (!*word || *word == '=');
}

const char *persist_word_of(const GPtrArray *words, const char *name)
{
	for (guint i = 0; i < words->len; i++)
		if (is_named(words->pdata[i], name))
			return words->pdata[i];
	return NULL;
}

/* One assignment's value: up to a blank or ';' outside quotes, which are left out. */
static const char *take_value(const char *at, GString *value)
{
	char quote = '\0';

	for (; *at; at++) {
		if (*at == '\\' && quote != '\'' && at[1]) {
			at++;
			g_string_append_c(value, *at);
		} else if (*at == quote) {
			quote = '\0';
		} else if (!quote && (*at == '"' || *at == '\'')) {
			quote = *at;
		} else if (!quote && strchr(" \t\n;", *at)) {
			break;
		} else {
			g_string_append_c(value, *at == '\n' ? ' ' : *at);
		}
	}
	return at;
}

char *persist_grub_values(const char *text, gboolean *ret_replaces)
{
	static const char name[] = "GRUB_CMDLINE_LINUX", suffix[] = "_DEFAULT";
	GString *values = g_string_new(NULL);
	const char *at = text;

	*ret_replaces = FALSE;
	while (*at) {
		gboolean is_default = FALSE, adds = FALSE;
		gsize start;

		at += strspn(at, " \t");
		if (g_str_has_prefix(at, "export "))
			at += strlen("export ");
		if (g_str_has_prefix(at, name)) {
			at += strlen(name);
			is_default = g_str_has_prefix(at, suffix);
			at += is_default ? strlen(suffix) : 0;
			adds = *at == '+';
			at += adds ? 1 : 0;
			if (*at == '=') {
				g_string_append_c(values, ' ');
				start = values->len;
				at = take_value(at + 1, values);
				if (is_default && !adds &&
				    !strstr(values->str + start,
					    "GRUB_CMDLINE_LINUX_DEFAULT"))
					*ret_replaces = TRUE;
			}
		}
		/* The rest of the line, a comment's as well, sets nothing. */
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return g_string_free(values, FALSE);
}

static gboolean says_the_same(const char *word, const KernelParameter *parameter)
{
	const char *value = strchr(word, '=');

	return g_strcmp0(value ? value + 1 : NULL, parameter->value) == 0;
}

/* "isolcpus=2-3", with '_' for '-' in the name. */
static char *as_text(const KernelParameter *parameter)
{
	return g_strconcat(parameter->name, parameter->value ? "=" : "",
			   parameter->value ? parameter->value : "", NULL);
}

void persist_find_contradictions(PersistMaking *making, const char *place,
				 const char *line)
{
	g_autoptr(KernelCmdline) cmdline = kernel_cmdline_parse(line, strlen(line), NULL);

	if (!cmdline)
		return;
	for (guint i = 0; i < kernel_cmdline_size(cmdline); i++) {
		const KernelParameter *parameter = kernel_cmdline_at(cmdline, i);
		const char *word = persist_word_of(making->words, parameter->name);
		g_autofree char *text = as_text(parameter);

		if (word && says_the_same(word, parameter))
			persist_add_line(
				making->plan->notes,
				"%s gives %s already: entries that lathe does not make "
				"have it too",
				place, text);
		else if (word)
			persist_add_line(making->plan->conflicts,
					 "%s gives %s against %s: the kernel gets both",
					 place, text, word);
	}
}

gboolean persist_check_length(const PersistMaking *making, const char *what, gsize bytes,
			      GError **error)
{
	if (bytes <= CMDLINE_MAX)
		return TRUE;
	lathe_error(error, LATHE_ERROR_ENVIRONMENT,
		    "%s would have %zu bytes, %zu of them lathe's: an x86 kernel keeps "
		    "%u and "
		    "drops the rest",
		    what, bytes, strlen(making->plan->cmdline), COMMAND_LINE_SIZE - 1);
	lathe_error_hint(
		error,
		"shorten it: CPUs that can be written as a range, module "
		"parameters in /etc/modprobe.d, parameters that are no longer needed");
	return FALSE;
}

/* Whether a conflict or note about it stands there already, from the file it comes from.
 */
static gboolean is_reported(const PersistPlan *plan, const char *text)
{
	g_autofree char *seen = g_strdup_printf(" gives %s ", text);

	for (guint i = 0; i < plan->conflicts->len; i++)
		if (strstr(plan->conflicts->pdata[i], seen))
			return TRUE;
	return FALSE;
}

/* What a later boot no longer has of it: our own words, of this plan and of the last. */
static gboolean is_own(const PersistMaking *making, const KernelCmdline *own,
		       const KernelParameter *parameter)
{
	const char *word = persist_word_of(making->words, parameter->name);

	if (word && says_the_same(word, parameter))
		return TRUE;
	for (guint i = 0; own && i < kernel_cmdline_size(own); i++) {
		const KernelParameter *other = kernel_cmdline_at(own, i);

		if (strcmp(other->name, parameter->name) == 0 &&
		    g_strcmp0(other->value, parameter->value) == 0)
			return TRUE;
	}
	return FALSE;
}

static gsize examine(PersistMaking *making, const KernelCmdline *cmdline,
		     const KernelCmdline *own)
{
	gsize bytes = kernel_cmdline_length(cmdline);

	for (guint i = 0; i < kernel_cmdline_size(cmdline); i++) {
		const KernelParameter *parameter = kernel_cmdline_at(cmdline, i);
		const char *word = persist_word_of(making->words, parameter->name);
		g_autofree char *text = as_text(parameter);

		if (is_own(making, own, parameter))
			bytes -= MIN(bytes, strlen(text) + 1);
		else if (word && !is_reported(making->plan, text))
			persist_add_line(
				making->plan->conflicts,
				"the running kernel was given %s against %s, and it "
				"stands in no file that lathe knows",
				text, word);
	}
	return bytes;
}

gboolean persist_check_running(PersistMaking *making, const char *own, GError **error)
{
	g_autoptr(KernelCmdline) cmdline = NULL;
	g_autoptr(KernelCmdline) known = NULL;
	g_autofree char *text = NULL;
	gsize length = 0;

	/* Without it, nobody knows whether there is room. */
	if (!root_read(making->root, "proc/cmdline", &text, &length, NULL, error))
		return FALSE;
	cmdline = kernel_cmdline_parse(text, length, error);
	if (!cmdline)
		return FALSE;
	known = own ? kernel_cmdline_parse(own, strlen(own), NULL) : NULL;
	making->plan->cmdline_bytes =
		examine(making, cmdline, known) + 1 + strlen(making->plan->cmdline);
	return persist_check_length(making, "the kernel's command line",
				    making->plan->cmdline_bytes, error);
}
