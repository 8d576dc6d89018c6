/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd's own CPUs, and a unit that applies at every boot what no boot parameter does.
 */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "escape.h"
#include "persist_private.h"

/* The first assignment is empty: several add up (systemd-system.conf(5)), and those of
 * other files may hold planned CPUs. */
static char *affinity(const char *housekeeping)
{
	return g_strconcat(
		"# Written by 'lathe tune persist'; 'lathe tune unpersist' removes it "
		"again,\n# unless it was edited. Services start on the housekeeping "
		"CPUs.\n[Manager]\nCPUAffinity=\nCPUAffinity=",
		housekeeping, "\n", NULL);
}

/* Only where the parameters tell the entries apart. */
static const char *condition(const PersistMaking *making)
{
	return persist_word_of(making->words, "isolcpus")
		       ? "# Not in the boot entries without isolation.\n"
			 "ConditionKernelCommandLine=isolcpus\n"
		       : "";
}

static char *options_text(const PersistWish *wish)
{
	GString *text = g_string_new(NULL);

	for (const char *const *word = wish->options; word && *word; word++)
		g_string_append_printf(text, " %s", *word);
	return g_string_free(text, FALSE);
}

static char *unit(const PersistMaking *making, const char *cpus)
{
	const PersistWish *wish = making->wish;
	g_autofree char *options = options_text(wish);
	g_autofree char *state = wish->state ? g_strconcat(" --state ", wish->state, NULL)
					     : g_strdup("");

	return g_strdup_printf(
		"# Written by 'lathe tune persist'; 'lathe tune unpersist' removes it "
		"again,\n"
		"# unless it was edited.\n"
		"[Unit]\n"
		"Description=Run-time tuning of this host for real-time VMs\n"
		"Documentation=man:lathe(1)\n"
		"%s"
		"# Behind what it stops or overrides, before the first VM.\n"
		"After=systemd-sysctl.service systemd-modules-load.service "
		"tuned.service\n"
		"After=irqbalance.service thermald.service ksm.service ksmtuned.service\n"
		"Before=libvirtd.service virtqemud.service libvirt-guests.service\n"
		"\n"
		"[Service]\n"
		"Type=oneshot\n"
		"RemainAfterExit=yes\n"
		"# 2: an interrupt that the kernel manages stayed, say; the rest is in force.\n"
		"SuccessExitStatus=2\n"
		"ExecStart=%s%s tune apply --cpus %s%s\n"
		"ExecStop=%s%s tune restore\n"
		"\n"
		"[Install]\n"
		"WantedBy=multi-user.target\n",
		condition(making), wish->program, state, cpus, options, wish->program,
		state);
}

void persist_systemd_step(GPtrArray *steps)
{
	persist_add_step(steps, "systemd reads its units again", "/usr/bin/systemctl",
			 "daemon-reload", NULL);
}

/* '%' and '$' would mean something else in a unit, blanks would divide it. */
static gboolean check_path(const char *path, const char *what, GError **error)
{
	g_autofree char *shown = escape_text(path, -1);

	if (*path == '/' && persist_is_plain(path) && !strchr(path, ' '))
		return TRUE;
	return lathe_error(
		error, LATHE_ERROR_USAGE,
		"%s '%s' cannot be written into a unit: it must be absolute, of "
		"letters, digits and _.,:=/+@~-",
		what, shown);
}

/* As check_path(), of globs over ids, choices and the options themselves. */
static gboolean check_options(const PersistWish *wish, GError **error)
{
	for (const char *const *word = wish->options; word && *word; word++) {
		g_autofree char *shown = escape_text(*word, -1);

		if (!**word || strspn(*word, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS
						     "_.,:=+-*") != strlen(*word))
			return lathe_error(error, LATHE_ERROR_USAGE,
					   "'%s' cannot be written into a unit", shown);
	}
	return TRUE;
}

/* "CPUAffinity=" of others, after ours: it adds CPUs. */
static void examine_others(PersistMaking *making)
{
	g_autoptr(GPtrArray)
		paths = root_glob(making->root, "etc/systemd/system.conf.d/*.conf", NULL);

	for (guint i = 0; i < paths->len; i++) {
		int errnum = 0;
		const char *path = paths->pdata[i];
		g_autofree char *text = NULL;

		if (strcmp(path, PERSIST_AFFINITY) <= 0)
			continue;
		text = persist_text(making->root, path, &errnum);
		if (!text)
			persist_add_line(
				making->plan->conflicts,
				"/%s cannot be read (%s): it may set CPUAffinity=", path,
				g_strerror(errnum));
		else if (g_str_has_prefix(text, "CPUAffinity=") ||
			 strstr(text, "\nCPUAffinity="))
			persist_add_line(
				making->plan->conflicts,
				"/%s is read after lathe's file and sets CPUAffinity=: "
				"its CPUs are added",
				path);
	}
}

gboolean persist_add_systemd(PersistMaking *making, GError **error)
{
	const PersistWish *wish = making->wish;
	g_autofree char *cpus = cpulist_format(wish->cpus);
	g_autofree char *housekeeping = cpulist_format(wish->housekeeping);

	if (!root_is_directory(making->root, "etc/systemd")) {
		persist_add_line(
			making->plan->notes,
			"there is no /etc/systemd: run 'lathe tune apply --cpus %s' at "
			"every boot by other means",
			cpus);
		return TRUE;
	}
	if (!check_options(wish, error) ||
	    !check_path(wish->program, "the program", error) ||
	    (wish->state && !check_path(wish->state, "the state directory", error)))
		return FALSE;
	examine_others(making);
	persist_add_file(making->plan, PERSIST_FILE, 0644, PERSIST_AFFINITY,
			 affinity(housekeeping),
			 "services start on the housekeeping CPUs");
	persist_add_file(making->plan, PERSIST_FILE, 0644, PERSIST_UNIT,
			 unit(making, cpus),
			 "the run-time rows are applied at every boot");
	persist_add_file(making->plan, PERSIST_LINK, 0, PERSIST_WANTS,
			 g_strdup("/" PERSIST_UNIT), "the unit is enabled");
	persist_systemd_step(making->plan->steps);
	return TRUE;
}
