/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scrub.h"

#include <fnmatch.h>
#include <string.h>

#include "error.h"
#include "scrub_private.h"

/*
 * Files that hold nothing but what identifies a machine or a part of it. Their values are
 * looked for everywhere else as well.
 */
static const char *const serial_files[] = {
	"sys/class/dmi/id/*_serial",		 /* product, board, chassis */
	"sys/class/dmi/id/*_asset_tag",		 /* board, chassis */
	"sys/devices/virtual/dmi/id/*_serial",	 /* where class/dmi/id leads */
	"sys/devices/virtual/dmi/id/*_asset_tag",
	"sys/devices/system/cpu/cpu*/topology/ppin", /* of the socket's processor */
	"sys/firmware/devicetree/base/serial-number",
	"sys/bus/usb/devices/*/serial",
	"sys/class/nvme/*/serial",
	"sys/block/*/serial",			 /* virtio disks */
	"sys/block/*/device/serial",
	"sys/class/power_supply/*/serial_number",
};

/* The same by the last part of their names, wherever a capture has them. */
static const char *const serial_names[] = {
	"*_serial", "*_asset_tag", "ppin", "serial", "serial_number", "serial-number",
	"wwid",	    "wwn",	   "nguid", "eui",
};

/* A vendor's way to say that there is none identifies nobody, and is found in many texts. */
static gboolean identifies(const char *value)
{
	static const char *const blanks[] = {
		"none", "not specified", "not applicable", "not available", "not provided",
		"default string", "system serial number", "base board serial number",
		"to be filled by o.e.m.", "chassis serial number", "no asset tag",
		"asset-1234567890", "unknown", "empty",
	};

	/* "0", "00000000", "............". */
	if (strlen(value) < 4 || strspn(value, "0.- ") == strlen(value))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(blanks); i++)
		if (g_ascii_strcasecmp(value, blanks[i]) == 0)
			return FALSE;
	return TRUE;
}

static void learn_serials(Scrub *scrub, const Root *root)
{
	for (gsize i = 0; i < G_N_ELEMENTS(serial_files); i++) {
		g_autoptr(GPtrArray) paths = root_glob(root, serial_files[i], NULL);

		for (guint k = 0; k < paths->len; k++) {
			g_autofree char *value = NULL;

			if (!root_read_line(root, paths->pdata[k], &value, NULL, NULL))
				continue;
			g_strchug(value);
			if (identifies(value))
				scrub_add_word(scrub, value, SCRUB_SERIAL);
		}
	}
}

static gboolean learn_host(Scrub *scrub, const char *host, GError **error)
{
	g_autofree char *brief = g_strndup(host, strcspn(host, "."));

	if (!*host || strspn(host, "0123456789.") == strlen(host))
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "the host name '%s' cannot be told from a number", host);
	/* "10.example.org" is no reason to replace every 10. */
	scrub_add_word(scrub, host, SCRUB_HOST);
	if (*brief && strspn(brief, "0123456789") != strlen(brief))
		scrub_add_word(scrub, brief, SCRUB_HOST);
	return TRUE;
}

/* What patterns spell out are the kernel's names: a host called "vm" has proc/sys/vm too. */
static void learn_names(Scrub *scrub, const char *const *patterns)
{
	for (; *patterns; patterns++) {
		g_auto(GStrv) parts = g_strsplit(*patterns, "/", -1);

		for (char **part = parts; *part; part++)
			if (!strchr(*part, '*'))
				g_hash_table_add(scrub->kept, g_strdup(*part));
	}
}

Scrub *scrub_new(const Root *root, const char *host, const char *const *patterns,
		 GError **error)
{
	g_autoptr(Scrub) scrub = scrub_rules_new();

	if (!learn_host(scrub, host, error))
		return NULL;
	learn_serials(scrub, root);
	learn_names(scrub, patterns);
	scrub_rules_compile(scrub);
	return g_steal_pointer(&scrub);
}

gboolean scrub_is_serial(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(serial_names); i++)
		if (fnmatch(serial_names[i], name, 0) == 0)
			return TRUE;
	return FALSE;
}
