/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kvm_guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* Guest-physical addresses: page tables that map the first 2 MiB to themselves, and code.
 */
#define MEMORY_SIZE 0x10000u
#define PML4        0x1000u
#define PDPT        0x2000u
#define PD          0x3000u
#define CODE        0x4000u

/* Bits of page table entries, control registers and EFER: Intel SDM volume 3, 2.5
 * and 4.5. */
#define PAGE_PRESENT_WRITABLE 0x3u
#define PAGE_LARGE            0x80u
#define CR0_PE                (1u << 0)
#define CR0_ET                (1u << 4)
#define CR0_NE                (1u << 5)
#define CR0_PG                (1u << 31)
#define CR4_PAE               (1u << 5)
#define EFER_LME              (1u << 8)
#define EFER_LMA              (1u << 10)
#define RFLAGS_RESERVED       0x2u

/* Where QEMU puts the three pages that Intel processors without "unrestricted guest" need
 * (target/i386/kvm/kvm.c); nothing of ours is there. */
#define TSS_ADDRESS 0xfffbd000u

static const guint8 code[] = {
	0x48, 0xff, 0xc9, /* 1: dec %rcx */
	0x75, 0xfb,       /*    jnz 1b */
	0xf4,             /*    hlt */
};

static void put_entry(guint8 *memory, guint32 table, guint64 entry)
{
	memcpy(memory + table, &entry, sizeof(entry));
}

static const char *add_memory(int vm)
{
	guint8 *memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = {
	    .memory_size = MEMORY_SIZE,
	    .userspace_addr = (guint64)(gsize)memory,
	};

	if (memory == MAP_FAILED)
		return "mmap of guest memory";
	put_entry(memory, PML4, PDPT | PAGE_PRESENT_WRITABLE);
	put_entry(memory, PDPT, PD | PAGE_PRESENT_WRITABLE);
	put_entry(memory, PD, PAGE_LARGE | PAGE_PRESENT_WRITABLE);
	memcpy(memory + CODE, code, sizeof(code));
	return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region)
		   ? "KVM_SET_USER_MEMORY_REGION"
		   : NULL;
}

static const char *enter_long_mode(int vcpu)
{
	const struct kvm_segment code_segment = {.limit = 0xffffffff,
						 .selector = 0x8,
						 .type = 0xb,
						 .present = 1,
						 .s = 1,
						 .l = 1,
						 .g = 1};
	const struct kvm_segment data_segment = {.limit = 0xffffffff,
						 .selector = 0x10,
						 .type = 0x3,
						 .present = 1,
						 .db = 1,
						 .s = 1,
						 .g = 1};
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs) != 0)
		return "KVM_GET_SREGS";
	sregs.cr0 = CR0_PE | CR0_ET | CR0_NE | CR0_PG;
	sregs.cr3 = PML4;
	sregs.cr4 = CR4_PAE;
	sregs.efer = EFER_LME | EFER_LMA;
	sregs.cs = code_segment;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data_segment;
	return ioctl(vcpu, KVM_SET_SREGS, &sregs) ? "KVM_SET_SREGS" : NULL;
}

const char *kvm_guest_open(KvmGuest *guest)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm, size;
	const char *failed;

	if (kvm < 0)
		return "/dev/kvm";
	/* The one version that any program may use (Documentation/virt/kvm/api.rst). */
	if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return "KVM_GET_API_VERSION";
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return "KVM_CREATE_VM";
	if (ioctl(vm, KVM_SET_TSS_ADDR, (unsigned long)TSS_ADDRESS) != 0)
		return "KVM_SET_TSS_ADDR";
	failed = add_memory(vm);
	if (failed)
		return failed;
	guest->vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (guest->vcpu < 0)
		return "KVM_CREATE_VCPU";
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < (int)sizeof(struct kvm_run))
		return "KVM_GET_VCPU_MMAP_SIZE";
	guest->run =
	    mmap(NULL, (gsize)size, PROT_READ | PROT_WRITE, MAP_SHARED, guest->vcpu, 0);
	if (guest->run == MAP_FAILED)
		return "mmap of the vCPU";
	return enter_long_mode(guest->vcpu);
}

const char *kvm_guest_run(KvmGuest *guest, guint64 *left, guint32 *ret_exit_reason)
{
	struct kvm_regs regs = {.rip = CODE, .rcx = *left, .rflags = RFLAGS_RESERVED};
	int result, errnum;

	if (ioctl(guest->vcpu, KVM_SET_REGS, &regs) != 0)
		return "KVM_SET_REGS";
	result = ioctl(guest->vcpu, KVM_RUN, 0);
	errnum = errno;
	if (result != 0 && errnum != EINTR)
		return "KVM_RUN";
	if (result == 0 && guest->run->exit_reason != KVM_EXIT_HLT) {
		*ret_exit_reason = guest->run->exit_reason;
		errno = 0;
		return "the loop";
	}
	if (ioctl(guest->vcpu, KVM_GET_REGS, &regs) != 0)
		return "KVM_GET_REGS";
	*left = regs.rcx;
	/* Halted, but not by our code? */
	if (result == 0 && *left != 0) {
		*ret_exit_reason = KVM_EXIT_HLT;
		errno = 0;
		return "the loop";
	}
	return NULL;
}
