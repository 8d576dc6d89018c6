/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "autofd.h"
#include "bundle.h"
#include "error.h"
#include "escape.h"
#include "plot_script.h"
#include "report.h"
#include "text.h"
#include "waiter.h"

/* 64 curves take gnuplot about a second. */
#define GNUPLOT_TIMEOUT_MS 60000
/* How much of gnuplot's complaint an error shows. */
#define COMPLAINT_BYTES 400

static void curve_clear(gpointer data)
{
	PlotCurve *curve = data;

	histogram_free(curve->histogram);
}

static gboolean read_histogram(const char *directory, PlotCurve *curve, GError **error)
{
	const char *file = curve->thread->histogram_file;
	g_autofree char *text = NULL;
	gsize length;

	if (!file)
		return TRUE;
	if (!bundle_read_file(directory, file, &text, &length, error))
		return FALSE;
	curve->histogram = histogram_parse(text, length, error);
	if (!curve->histogram)
		g_prefix_error(error, "'%s': ", file);
	return curve->histogram != NULL;
}

/* vm: NULL where there is only one. */
static gboolean add_curves(const char *directory, const char *vm, const RunMeasured *measured,
			   GArray *curves, GError **error)
{
	for (guint i = 0; i < measured->threads->len; i++) {
		PlotCurve curve = {.vm = vm, .thread = measured->threads->pdata[i]};

		if (!read_histogram(directory, &curve, error))
			return FALSE;
		g_array_append_val(curves, curve);
	}
	return TRUE;
}

static GArray *read_curves(const char *directory, const Run *run, const RunStage *stage,
			   GError **error)
{
	g_autoptr(GArray) curves = g_array_new(FALSE, TRUE, sizeof(PlotCurve));

	g_array_set_clear_func(curves, curve_clear);
	for (guint i = 0; i < stage->vms->len; i++) {
		const RunMeasured *measured = stage->vms->pdata[i];
		const char *vm = run->vms->len > 1 ? text_vm_name(run, measured->vm) : NULL;

		if (!add_curves(directory, vm, measured, curves, error))
			return NULL;
	}
	return g_steal_pointer(&curves);
}

typedef struct {
	gboolean done;
	GBytes *output, *complaint;
	GError *error;
} Conversation;

static void on_communicated(GObject *source, GAsyncResult *result, gpointer data)
{
	Conversation *talk = data;

	g_subprocess_communicate_finish(G_SUBPROCESS(source), result, &talk->output,
					&talk->complaint, &talk->error);
	talk->done = TRUE;
}

static gboolean is_done(gpointer data)
{
	return ((Conversation *)data)->done;
}

/* The script as a file in memory: a pipe would raise SIGPIPE if gnuplot ended early. */
static int script_file(const char *script, GError **error)
{
	autofd fd = memfd_create("gnuplot-script", MFD_CLOEXEC);
	gsize length = strlen(script);
	gsize at = 0;

	while (fd >= 0 && at < length) {
		gssize written = write(fd, script + at, length - at);

		if (written <= 0 && errno != EINTR)
			break;
		at += written > 0 ? (gsize)written : 0;
	}
	if (fd < 0 || at < length || lseek(fd, 0, SEEK_SET) != 0) {
		lathe_error_errno(error, errno, "write the script for gnuplot");
		return -1;
	}
	return autofd_steal(&fd);
}

static gboolean start_failed(GError *problem, GError **error)
{
	if (g_error_matches(problem, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT)) {
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    "program 'gnuplot' is not on PATH");
		lathe_error_hint(error, "install gnuplot: package gnuplot-nox (Debian), "
					"gnuplot-minimal (Fedora)");
	} else {
		lathe_error(error, LATHE_ERROR_IO, "start gnuplot: %s", problem->message);
	}
	g_error_free(problem);
	return FALSE;
}

static GSubprocess *start_gnuplot(const char *script, GError **error)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
	GError *problem = NULL;
	GSubprocess *gnuplot;
	int fd = script_file(script, error);

	if (fd < 0)
		return NULL;
	g_subprocess_launcher_take_stdin_fd(launcher, fd);
	/* -d: no start-up file of the user's or the system's has a say. */
	gnuplot = g_subprocess_launcher_spawn(launcher, &problem, "gnuplot", "-d", "-",
					      NULL);
	if (!gnuplot)
		start_failed(problem, error);
	return gnuplot;
}

/* The callback must have run before `talk` goes out of scope, whatever happened. */
static void listen_to(GSubprocess *gnuplot, Conversation *talk)
{
	g_autoptr(Waiter) waiter = waiter_new();

	g_subprocess_communicate_async(gnuplot, NULL, NULL, on_communicated, talk);
	if (!waiter_until(waiter, GNUPLOT_TIMEOUT_MS, is_done, talk, "gnuplot", NULL))
		g_subprocess_force_exit(gnuplot);
	while (!talk->done)
		g_main_context_iteration(NULL, TRUE);
}

/* gnuplot ends with status 0 after some errors: what it wrote is looked at too. */
static gboolean is_svg(GBytes *output)
{
	gsize length;
	const char *text = g_bytes_get_data(output, &length);
	static const char end[] = "</svg>";

	return length > 64 && g_str_has_prefix(text, "<?xml") &&
	       g_strrstr_len(text + length - 16, 16, end) != NULL;
}

static gboolean check(GSubprocess *gnuplot, const Conversation *talk, GError **error)
{
	g_autofree char *complaint = NULL;
	gsize length = 0;
	const char *text;

	if (talk->error)
		return lathe_error(error, LATHE_ERROR_IO, "talk to gnuplot: %s",
				   talk->error->message);
	if (g_subprocess_get_if_exited(gnuplot) &&
	    g_subprocess_get_exit_status(gnuplot) == 0 && is_svg(talk->output))
		return TRUE;
	text = g_bytes_get_data(talk->complaint, &length);
	complaint = escape_text(text, (gssize)MIN(length, COMPLAINT_BYTES));
	return lathe_error(error, LATHE_ERROR_IO, "gnuplot failed: %s",
			   *complaint ? complaint : "it wrote no SVG");
}

static GBytes *run_gnuplot(const char *script, GError **error)
{
	g_autoptr(GSubprocess) gnuplot = start_gnuplot(script, error);
	Conversation talk = {0};
	GBytes *output = NULL;

	if (!gnuplot)
		return NULL;
	listen_to(gnuplot, &talk);
	if (check(gnuplot, &talk, error))
		output = g_bytes_ref(talk.output);
	g_clear_pointer(&talk.output, g_bytes_unref);
	g_clear_pointer(&talk.complaint, g_bytes_unref);
	g_clear_error(&talk.error);
	return output;
}

/* The name of the bundle as it will be. */
static char *run_name(const char *directory)
{
	char *name = g_path_get_basename(directory);

	if (g_str_has_suffix(name, ".partial"))
		name[strlen(name) - strlen(".partial")] = '\0';
	return name;
}

/* The stage's name becomes part of a file name. */
static gboolean check_stage_name(const RunStage *stage, GError **error)
{
	const char *name = stage->name ? stage->name : "";

	if (*name && *name != '.' && strlen(name) <= 64 &&
	    strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.") == strlen(name))
		return TRUE;
	return lathe_error(error, LATHE_ERROR_INPUT, "a stage's name cannot name a file");
}

gboolean plot_stage(const char *directory, const Run *run, const RunStage *stage,
		    GError **error)
{
	g_autoptr(GArray) curves = NULL;
	g_autoptr(GBytes) svg = NULL;
	g_autofree char *script = NULL;
	g_autofree char *title = NULL;
	g_autofree char *name = NULL;
	g_autofree char *path = NULL;
	const char *text;
	gsize length;

	if (!check_stage_name(stage, error))
		return FALSE;
	curves = read_curves(directory, run, stage, error);
	if (!curves)
		return FALSE;
	title = run_name(directory);
	script = plot_script(title, run, stage, curves);
	svg = run_gnuplot(script, error);
	if (!svg)
		return FALSE;
	name = g_strdup_printf("histogram-%s.svg", stage->name);
	path = g_build_filename(directory, name, NULL);
	text = g_bytes_get_data(svg, &length);
	return g_file_set_contents_full(path, text, (gssize)length,
					G_FILE_SET_CONTENTS_CONSISTENT, 0644, error);
}
