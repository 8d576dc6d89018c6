/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First program of a guest that does what the power button says (rdinit=/obedient-init). The
 * kernel's driver for it is a module that the guest image does not have. So the event is enabled
 * here, where the chip set has it (ACPI specification 6.5, 4.8.3.1: PWRBTN_EN in PM1a_EN; 5.2.9:
 * the FADT tells the port): a kernel that gets it and has no driver for it disables it again.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FADT_PM1A_EVENT	  56
#define FADT_EVENT_LENGTH 88
#define PWRBTN		  0x100

/* PM1a_EN is the second half of the block; 0: not known. */
static uint32_t enable_port(void)
{
	uint32_t port = 0;
	uint8_t length = 0;
	int fd;

	mkdir("/sys", 0755);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	fd = open("/sys/firmware/acpi/tables/FACP", O_RDONLY);
	if (fd < 0 || pread(fd, &port, sizeof(port), FADT_PM1A_EVENT) != sizeof(port) ||
	    pread(fd, &length, sizeof(length), FADT_EVENT_LENGTH) != sizeof(length))
		perror("obedient-init: FACP");
	if (fd >= 0)
		close(fd);
	return length > 0 ? port + length / 2 : 0;
}

int main(void)
{
	uint32_t port = enable_port();

	if (port == 0 || port > UINT16_MAX || ioperm(port, 2, 1) != 0) {
		perror("obedient-init: no power button");
		for (;;)
			pause();
	}
	outw(inw((uint16_t)port) | PWRBTN, (uint16_t)port);
	puts("obedient-init: waiting for the power button");
	fflush(stdout);
	while (inw((uint16_t)port) & PWRBTN)
		nanosleep(&(struct timespec){0, 100000000}, NULL);
	reboot(RB_POWER_OFF);
	perror("obedient-init: power off");
	return 1;
}
