/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB of Debian and Ubuntu: a file that grub-mkconfig sources after /etc/default/grub,
 * and a script that makes one more set of menu entries, without isolation. The entries
 * that the machine boots by default get the parameters; the others go to the end of the
 * menu, so that a number in GRUB_DEFAULT means what it did. The Virt-RT guide, 3.2.2,
 * asks for such an entry where people also compile.
 */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "persist_private.h"

static char *drop_in(const PersistPlan *plan)
{
	return g_strconcat(
		"# Written by 'lathe tune persist'; 'lathe tune unpersist' removes it "
		"again,\n"
		"# unless it was edited. grub-mkconfig (update-grub) reads it.\n"
		"#\n"
		"# Default entries of the menu get these parameters, for real-time VMs. "
		"What\n"
		"# they had before is kept for /etc/grub.d/99_lathe, which makes "
		"entries\n"
		"# without them. GRUB_CMDLINE_LINUX is left alone: recovery entries take "
		"that.\n"
		"LATHE_FALLBACK=\"${GRUB_CMDLINE_LINUX_DEFAULT-}\"\n"
		"export LATHE_FALLBACK\n"
		"GRUB_CMDLINE_LINUX_DEFAULT=\"${GRUB_CMDLINE_LINUX_DEFAULT-} ",
		plan->cmdline, "\"\n", NULL);
}

/* The distribution's own script, once more: it knows how its kernels are booted. */
static char *fallback(const char *possible)
{
	return g_strconcat(
		"#!/bin/sh\n"
		"# Written by 'lathe tune persist'; 'lathe tune unpersist' removes it "
		"again,\n"
		"# unless it was edited. grub-mkconfig (update-grub) runs it.\n"
		"#\n"
		"# Entries without isolation, at the end of the menu: all CPUs for "
		"everybody, as\n"
		"# the kernel was booted before lathe's parameters.\n"
		"set -e\n"
		"linux=\"${0%/*}/10_linux\"\n"
		"# Without /etc/default/grub.d/50-lathe.cfg the entries there are the "
		"same.\n"
		"if [ -z \"${LATHE_FALLBACK+set}\" ] || [ ! -x \"$linux\" ]; then\n"
		"\texit 0\n"
		"fi\n"
		"export GRUB_CMDLINE_LINUX_DEFAULT=\"$LATHE_FALLBACK",
		possible ? " systemd.cpu_affinity=" : "", possible ? possible : "",
		"\"\n"
		"export GRUB_DISTRIBUTOR=\"${GRUB_DISTRIBUTOR:-Linux} without "
		"isolation,\"\n"
		"export GRUB_DISABLE_RECOVERY=true\n"
		"entries=$(\"$linux\")\n"
		"# Identifiers of their own: those of the default entries stay unique.\n"
		"printf '%s\\n' \"$entries\" | sed "
		"\"s/menuentry_id_option 'gnulinux-/menuentry_id_option "
		"'lathe-fallback-/\"\n",
		NULL);
}

/* systemd confines its services to the housekeeping CPUs in every entry, unless the
 * kernel's command line says otherwise (kernel-command-line(7)). */
static char *possible_cpus(const Root *root)
{
	g_autofree char *line = NULL;
	Cpuset set;

	if (!root_read_line(root, "sys/devices/system/cpu/possible", &line, NULL, NULL) ||
	    !cpulist_parse_kernel(line, CPUSET_CPUS, &set, NULL) ||
	    cpuset_next(&set, 0) < 0)
		return NULL;
	return cpulist_format(&set);
}

/* One file that grub-mkconfig reads besides ours. */
static void examine_file(PersistMaking *making, const char *path)
{
	gboolean replaces = FALSE;
	int errnum = 0;
	g_autofree char *text = persist_text(making->root, path, &errnum);
	g_autofree char *values = NULL;
	g_autofree char *place = g_strconcat("/", path, NULL);

	if (!text) {
		if (errnum != ENOENT)
			persist_add_line(
				making->plan->conflicts,
				"%s cannot be read (%s): what it gives the kernel is not "
				"known",
				place, g_strerror(errnum));
		return;
	}
	values = persist_grub_values(text, &replaces);
	persist_find_contradictions(making, place, values);
	/* The files are read in the order of their names. */
	if (replaces && strcmp(path, PERSIST_GRUB_CFG) > 0)
		persist_add_line(
			making->plan->conflicts,
			"%s is read after lathe's file and sets "
			"GRUB_CMDLINE_LINUX_DEFAULT anew: lathe's parameters are lost",
			place);
}

static void examine_files(PersistMaking *making)
{
	g_autoptr(GPtrArray)
		others = root_glob(making->root, "etc/default/grub.d/*.cfg", NULL);

	examine_file(making, "etc/default/grub");
	for (guint i = 0; i < others->len; i++)
		if (strcmp(others->pdata[i], PERSIST_GRUB_CFG) != 0)
			examine_file(making, others->pdata[i]);
}

static void add_fallback(PersistMaking *making)
{
	g_autofree char *possible = possible_cpus(making->root);

	if (!possible)
		persist_add_line(
			making->plan->notes,
			"/sys/devices/system/cpu/possible cannot be read: in the entries "
			"without isolation systemd's services keep to the housekeeping "
			"CPUs");
	if (!root_exists(making->root, "etc/grub.d/10_linux"))
		persist_add_line(
			making->plan->conflicts,
			"/etc/grub.d/10_linux is not there: no entry without isolation "
			"can be made");
	persist_add_file(making->plan, PERSIST_FILE, 0755, PERSIST_GRUB_FALLBACK,
			 fallback(possible),
			 "menu entries without isolation to fall back on");
}

gboolean persist_add_grub(PersistMaking *making, GError **error)
{
	PersistPlan *plan = making->plan;
	gboolean replaces = FALSE;
	int errnum = 0;
	g_autofree char *before = persist_text(making->root, PERSIST_GRUB_CFG, &errnum);
	g_autofree char *own = before ? persist_grub_values(before, &replaces) : NULL;

	examine_files(making);
	if (!persist_check_running(making, own, error))
		return FALSE;
	persist_add_file(plan, PERSIST_FILE, 0644, PERSIST_GRUB_CFG, drop_in(plan),
			 "the kernel's command line of the default menu entries");
	add_fallback(making);
	if (!persist_grub_step(making->root, plan->steps))
		persist_add_line(plan->notes,
				 "there is no /boot/grub/grub.cfg: run grub-mkconfig "
				 "-o with the place of GRUB's menu by hand");
	return TRUE;
}
