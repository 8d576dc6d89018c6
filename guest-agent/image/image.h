/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The built guest: an uncompressed vmlinux and an initramfs with the agent as /init. Kept in
 * a cache, keyed by the hash of everything it is made from.
 */
#ifndef LATHE_IMAGE_H
#define LATHE_IMAGE_H

#include <glib.h>

typedef struct {
	const char *kernel;  /* vmlinuz or vmlinux; NULL: the distribution's RT kernel package,
			      * downloaded (never installed) */
	const char *modules; /* its lib/modules/RELEASE directory; NULL together with kernel */
	const char *agent;   /* lathe-agent, becomes /init */
	const char *const *tools; /* programs, NULL-terminated: "/usr/bin/cyclictest"; placed at
				   * the same path with the shared libraries they need */
	const char *const *files; /* "FILE:/GUEST/PATH" more files, NULL-terminated, or NULL */
} ImageParts;

typedef struct {
	char *id;      /* hex, of the parts */
	char *kernel;  /* vmlinux */
	char *initrd;
	char *release; /* kernel release: "6.1.0-56-rt-amd64" */
	gboolean built; /* FALSE: taken from the cache */
	gint64 took_ms;
} Image;

/* Builds the image below cache_directory, or finds it there. `progress` gets short lines for
 * a person ("downloading linux-image-..."), or is NULL. A half-built image is never left
 * where a later call would take it. */
gboolean image_ensure(const ImageParts *parts, const char *cache_directory,
		      void (*progress)(const char *line), Image *ret, GError **error);
void image_clear(Image *image);

/* The pieces, each with its own tests: */

/* The ELF vmlinux inside a bzImage (xz, gzip, zstd, lz4, bzip2, lzma), or the file itself when
 * it already is one. An error names what is wrong with the file. */
gboolean vmlinux_extract(const char *vmlinuz, const char *output, GError **error);

#endif
