/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "internal.h"

#include <string.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "error.h"
#include "libvirt_error.h"

/* More than that unsent means that the guest does not read: the largest file that lathe
 * sends, framed. */
#define QUEUE_MAX (64u << 20)

/* Taken from the stream a callback: other sources of the main context get their turn. */
#define RECEIVE_MAX (64u << 10)

/* Sent bytes are cut off the queue once they are that many: moving the rest costs time.
 */
#define COMPACT_AT (1u << 20)

typedef struct {
	Channel channel;      /* first: a Channel * is a VmChannel * */
	grefcount references; /* the user's, and one a running callback */
	virStreamPtr stream;
	gboolean open; /* the stream's callback is registered */
	GByteArray *queue;
	gsize sent; /* bytes of the queue that are gone */
} VmChannel;

static void unreference(VmChannel *self)
{
	if (!g_ref_count_dec(&self->references))
		return;
	virStreamFree(self->stream);
	g_byte_array_unref(self->queue);
	g_free(self);
}

static void close_stream(VmChannel *self)
{
	if (!self->open)
		return;
	self->open = FALSE;
	virStreamEventRemoveCallback(self->stream);
	virStreamAbort(self->stream);
	virResetLastError();
}

/* The user may free the channel in `closed`. */
static void fail(VmChannel *self, const char *why)
{
	close_stream(self);
	if (self->channel.closed)
		self->channel.closed(why, self->channel.user_data);
}

static void fail_with_libvirt(VmChannel *self, const char *what)
{
	g_autoptr(GError) error = NULL;

	libvirt_error(&error, "%s", what);
	fail(self, error->message);
}

static void receive(VmChannel *self)
{
	g_autofree guint8 *bytes = g_malloc(RECEIVE_MAX);
	int n = virStreamRecv(self->stream, (char *)bytes, RECEIVE_MAX);

	if (n == -2) /* nothing after all */
		return;
	if (n < 0)
		fail_with_libvirt(self, "read the guest's channel");
	else if (n == 0)
		fail(self, "the guest's channel ended");
	else if (self->channel.received)
		self->channel.received(bytes, (gsize)n, self->channel.user_data);
}

static void update_events(VmChannel *self)
{
	int events = VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_HANGUP |
		     VIR_STREAM_EVENT_ERROR;

	if (self->sent < self->queue->len)
		events |= VIR_STREAM_EVENT_WRITABLE;
	if (virStreamEventUpdateCallback(self->stream, events) < 0)
		fail_with_libvirt(self, "watch the guest's channel");
}

static void transmit(VmChannel *self)
{
	gsize left = self->queue->len - self->sent;
	int n = virStreamSend(self->stream, (const char *)self->queue->data + self->sent,
			      MIN(left, RECEIVE_MAX));

	if (n == -2)
		return;
	if (n < 0) {
		fail_with_libvirt(self, "write the guest's channel");
		return;
	}
	self->sent += (gsize)n;
	if (self->sent == self->queue->len || self->sent >= COMPACT_AT) {
		g_byte_array_remove_range(self->queue, 0, (guint)self->sent);
		self->sent = 0;
	}
	if (self->queue->len == 0)
		update_events(self);
}

static void on_stream(virStreamPtr stream, int events, void *opaque)
{
	VmChannel *self = opaque;

	(void)stream;
	g_ref_count_inc(&self->references);
	/* A stream that hung up is read first: its last bytes count. At the end of the
	 * guest readable and hang-up come together, and reading says 0. */
	if (self->open && events & VIR_STREAM_EVENT_READABLE)
		receive(self);
	else if (self->open && events & VIR_STREAM_EVENT_ERROR)
		fail(self, "the guest's channel failed");
	else if (self->open && events & VIR_STREAM_EVENT_HANGUP)
		fail(self, "the guest's channel ended");
	if (self->open && events & VIR_STREAM_EVENT_WRITABLE &&
	    self->sent < self->queue->len)
		transmit(self);
	unreference(self);
}

static gboolean channel_send(Channel *channel, const void *data, gsize length,
			     GError **error)
{
	VmChannel *self = (VmChannel *)channel;
	gboolean idle = self->sent == self->queue->len;

	if (!self->open)
		return lathe_error(error, LATHE_ERROR_GUEST,
				   "the guest's channel is closed");
	if (length > QUEUE_MAX || self->queue->len - self->sent > QUEUE_MAX - length)
		return lathe_error(error, LATHE_ERROR_GUEST,
				   "the guest does not read its channel: %zu bytes wait",
				   (gsize)self->queue->len - self->sent);
	if (length == 0)
		return TRUE;
	g_byte_array_append(self->queue, data, (guint)length);
	if (idle &&
	    virStreamEventUpdateCallback(
		self->stream, VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_WRITABLE |
				  VIR_STREAM_EVENT_HANGUP | VIR_STREAM_EVENT_ERROR) < 0)
		return libvirt_error(error, "watch the guest's channel");
	return TRUE;
}

static void channel_destroy(Channel *channel)
{
	VmChannel *self = (VmChannel *)channel;

	close_stream(self);
	self->channel.received = NULL;
	self->channel.closed = NULL;
	unreference(self);
}

static VmChannel *channel_new(virStreamPtr stream)
{
	VmChannel *self = g_new0(VmChannel, 1);

	g_ref_count_init(&self->references);
	self->channel.send = channel_send;
	self->channel.free = channel_destroy;
	self->stream = stream;
	self->queue = g_byte_array_new();
	return self;
}

Channel *vm_open_channel(Vm *vm, const char *name, GError **error)
{
	virStreamPtr stream =
	    virStreamNew(vm->hypervisor->connection, VIR_STREAM_NONBLOCK);
	VmChannel *self;

	if (!stream) {
		libvirt_error(error, "make a stream");
		return NULL;
	}
	self = channel_new(stream);
	if (virDomainOpenChannel(vm->domain, name, stream, 0) < 0) {
		libvirt_error(error, "open the channel '%s' of domain '%s'", name,
			      virDomainGetName(vm->domain));
		unreference(self);
		return NULL;
	}
	if (virStreamEventAddCallback(stream,
				      VIR_STREAM_EVENT_READABLE |
					  VIR_STREAM_EVENT_HANGUP |
					  VIR_STREAM_EVENT_ERROR,
				      on_stream, self, NULL) < 0) {
		libvirt_error(error, "watch the channel '%s'", name);
		virStreamAbort(stream);
		unreference(self);
		return NULL;
	}
	self->open = TRUE;
	return &self->channel;
}
