/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line in a file of /proc or /sys. */
#include <errno.h>
#include <string.h>

#include "deadline.h"
#include "error.h"
#include "target.h"

static gboolean read_file(const TargetHost *host, const char *place, char **ret, int *ret_errno)
{
	g_autofree char *line = NULL;

	if (!root_read_line(host->root, place, &line, ret_errno, NULL))
		return FALSE;
	*ret = change_selected(line);
	return TRUE;
}

typedef struct {
	const Root *root;
	const char *place;
	const char *text;
	gsize length;
} Write;

static int do_write(gconstpointer data)
{
	const Write *write = data;

	return root_write_errno(write->root, write->place, write->text, write->length);
}

static gboolean write_file(const TargetHost *host, const char *place, const char *value,
			   GError **error)
{
	/* Nothing, as a cpuset that has its parent's CPUs: a write of no bytes may do nothing. */
	const char *text = *value ? value : "\n";
	Write write = {host->root, place, text, strlen(text)};
	int errnum = deadline_call(do_write, &write, host->write_seconds);

	if (errnum == 0)
		return TRUE;
	if (errnum == ETIMEDOUT)
		return lathe_error(error, LATHE_ERROR_TIMEOUT,
				   "write '%s' to '%s': it did not end within %u s", value,
				   place, host->write_seconds);
	lathe_error_errno(error, errnum, "write '%s' to '%s'", value, place);
	if (errnum == EACCES || errnum == EPERM)
		lathe_error_hint(error, "run as root; where root may not, the kernel or a "
					"container forbids it");
	return FALSE;
}

/* The next word from *at, or NULL; *ret_length is its length. */
static const char *next_word(const char **at, gsize *ret_length)
{
	const char *word = *at + strspn(*at, " \t");

	*ret_length = strcspn(word, " \t");
	*at = word + *ret_length;
	return *ret_length > 0 ? word : NULL;
}

/* Numbers in a row are written with blanks and read back with tabs (kernel.printk). */
static gboolean same_words(const char *a, const char *b)
{
	gsize n_a, n_b;
	const char *x, *y;

	do {
		x = next_word(&a, &n_a);
		y = next_word(&b, &n_b);
		if (n_a != n_b || (x && strncmp(x, y, n_a) != 0))
			return FALSE;
	} while (x);
	return TRUE;
}

const TargetKind target_file = {
	.read = read_file, .write = write_file, .same = same_words};
