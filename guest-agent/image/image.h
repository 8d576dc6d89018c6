/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The built guest: an uncompressed vmlinux and an initramfs with the agent as /init. Kept
 * in a cache, keyed by the hash of everything it is made from; a part that changes makes
 * another image.
 *
 * The three images used last are kept, always among them the one just returned; older
 * ones are removed when a new one is built. A downloaded kernel package is kept, and
 * used, until somebody removes the folder `package` from the cache: no build looks for a
 * newer one.
 */
#ifndef LATHE_IMAGE_H
#define LATHE_IMAGE_H

#include <glib.h>

typedef struct Waiter Waiter;

typedef struct {
	const char *kernel; /* vmlinuz or vmlinux; NULL: the distribution's RT kernel
			     * package, downloaded (never installed) */
	const char
	    *modules; /* its lib/modules/RELEASE directory; NULL together with kernel */
	const char *agent; /* lathe-agent, becomes /init; a static program */
	const char *const
	    *tools; /* programs, NULL-terminated: "/usr/bin/cyclictest"; placed at
		     * the same path with the shared libraries they need; or NULL */
	const char *const
	    *files;     /* "FILE:/GUEST/PATH" more files, NULL-terminated, or NULL */
	Waiter *waiter; /* ends the download and other waits when cancelled; or NULL */
} ImageParts;

typedef struct {
	char *id;     /* hex, of the parts */
	char *kernel; /* vmlinux */
	char *initrd;
	char *release;  /* kernel release: "6.1.0-56-rt-amd64" */
	char *config;   /* the kernel's build configuration; NULL when it is not known */
	gboolean built; /* FALSE: taken from the cache */
	gint64 took_ms;
} Image;

/*
 * Builds the image below cache_directory, or finds it there. `progress` gets short lines
 * for a person ("downloading linux-image-..."), or is NULL. A half-built image is never
 * left where a later call would take it; a damaged one is built anew. Two callers at once
 * take turns. The default main context runs while children do.
 *
 * In the guest: modules below /lib/modules/RELEASE, their absolute paths in load order,
 * one a line, in /etc/lathe/modules.
 */
gboolean image_ensure(const ImageParts *parts, const char *cache_directory,
		      void (*progress)(const char *line), Image *ret, GError **error);
void image_clear(Image *image);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Image, image_clear)

/* The pieces, each with its own tests: */

/* The ELF vmlinux inside a bzImage (xz, gzip, zstd, lz4, bzip2, lzma), or the file itself
 * when it already is one. An error names what is wrong with the file; `output` is then
 * untouched. */
gboolean vmlinux_extract(const char *vmlinuz, const char *output, GError **error);

/* The release in the kernel's banner ("Linux version 6.1.0-56-rt-amd64 (...") and whether
 * the banner says PREEMPT_RT. A file without a banner is an error. */
gboolean vmlinux_release(const char *vmlinux, char **ret, gboolean *ret_realtime,
			 GError **error);

#endif
