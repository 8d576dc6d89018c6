/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A controller of cgroup v2 that the groups below one have, or have not. */
#include <errno.h>
#include <string.h>

#include "change.h"
#include "cpuset.h"
#include "deadline.h"
#include "error.h"
#include "target.h"
#include "words.h"

typedef struct {
	char *path, *group, *name;
} Controller;

static void controller_clear(Controller *controller)
{
	g_free(controller->path);
	g_free(controller->group);
	g_free(controller->name);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Controller, controller_clear)

static gboolean parse_place(const char *place, Controller *ret)
{
	const char *blank = strchr(place, ' ');

	if (!blank || !blank[1])
		return FALSE;
	ret->path = g_strndup(place, (gsize)(blank - place));
	ret->group = g_path_get_dirname(ret->path);
	ret->name = g_strdup(blank + 1);
	return TRUE;
}

/* A group that somebody else gave CPUs: without the controller it would lose them. */
static char *find_user(const TargetHost *host, const char *above)
{
	g_autoptr(GPtrArray) names = root_list(host->root, above, NULL);

	for (guint i = 0; names && i < names->len; i++) {
		g_autofree char *group = cpuset_file(above, names->pdata[i]);
		g_autofree char *path = cpuset_file(group, "cpuset.cpus");
		g_autofree char *cpus = NULL;

		if (root_read_line(host->root, path, &cpus, NULL, NULL) && *cpus &&
		    strcmp(names->pdata[i], CPUSET_PARTITION) != 0)
			return g_strdup(names->pdata[i]);
	}
	return NULL;
}

static gboolean read_controller(const TargetHost *host, const char *place, char **ret,
				int *ret_errno)
{
	g_auto(Controller) controller = {NULL, NULL, NULL};
	g_autofree char *words = NULL;
	g_autofree char *user = NULL;

	if (!parse_place(place, &controller)) {
		*ret_errno = EINVAL;
		return FALSE;
	}
	if (!root_read_line(host->root, controller.path, &words, ret_errno, NULL))
		return FALSE;
	if (!words_contain(words, " ", controller.name)) {
		*ret = g_strdup("off");
		return TRUE;
	}
	user = find_user(host, controller.group);
	*ret = user ? g_strdup_printf("on, used by %s", user) : g_strdup("on");
	return TRUE;
}

/* The kernel takes a word with a sign; a tree, which has no kernel, all words. */
static char *text_for(const TargetHost *host, const Controller *controller, gboolean on)
{
	g_autoptr(GPtrArray) kept = g_ptr_array_new();
	g_autofree char *line = NULL;
	g_auto(GStrv) words = NULL;

	if (root_is_live(host->root) ||
	    !root_read_line(host->root, controller->path, &line, NULL, NULL))
		return g_strdup_printf("%c%s", on ? '+' : '-', controller->name);
	words = g_strsplit(line, " ", -1);
	for (char **word = words; *word; word++)
		if (**word && strcmp(*word, controller->name) != 0)
			g_ptr_array_add(kept, *word);
	if (on)
		g_ptr_array_add(kept, controller->name);
	g_ptr_array_add(kept, NULL);
	return g_strjoinv(" ", (char **)kept->pdata);
}

typedef struct {
	const Root *root;
	const char *path, *text;
	gsize length;
} Write;

static int do_write(gconstpointer data)
{
	const Write *write = data;

	return root_write_errno(write->root, write->path, write->text, write->length);
}

static gboolean write_controller(const TargetHost *host, const char *place, const char *value,
				 GError **error)
{
	g_auto(Controller) controller = {NULL, NULL, NULL};
	g_autofree char *text = NULL;
	Write write;
	int errnum;

	if (!parse_place(place, &controller))
		return lathe_error(error, LATHE_ERROR_INPUT, "'%s' names no controller", place);
	text = text_for(host, &controller, strcmp(value, "off") != 0);
	write = (Write){host->root, controller.path, text, strlen(text)};
	errnum = deadline_call(do_write, &write, host->write_seconds);
	if (errnum == 0)
		return TRUE;
	lathe_error_errno(error, errnum, "turn the %s controller %s in '%s'", controller.name,
			  value, controller.path);
	lathe_error_hint(error, "inside a container the controller must be given to it from outside");
	return FALSE;
}

static gboolean same_text(const char *seen, const char *value)
{
	return strcmp(seen, value) == 0;
}

const TargetKind target_controller = {
	.read = read_controller, .write = write_controller, .same = same_text};
