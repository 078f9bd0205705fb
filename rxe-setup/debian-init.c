// SPDX-License-Identifier: GPL-2.0
/*
 * Process 1 of Debian's kernel in the initramfs that rxe-setup/kernel-debian makes:
 * load the modules in /modules, in the order of their names, mount the guest's
 * root and go on with the guest's own process 1, as kernels do that need no
 * modules.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel panics when process 1 ends, and the host sees why. */
static int fail(const char *what)
{
	int error = errno, log = open("/dev/kmsg", O_WRONLY);

	dprintf(log, "initramfs: %s: %s\n", what, strerror(error));
	return 1;
}

static int no_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(void)
{
	char *const arguments[] = { "/sbin/vm-start", NULL };
	struct dirent **names;
	int n, i, dir, fd;

	if (mount("dev", "/dev", "devtmpfs", 0, NULL))
		return fail("/dev");

	dir = open("/modules", O_RDONLY | O_DIRECTORY);
	n = scandir("/modules", &names, no_dots, alphasort);
	if (dir < 0 || n < 0)
		return fail("/modules");
	for (i = 0; i < n; i++) {
		fd = openat(dir, names[i]->d_name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return fail(names[i]->d_name);
		/* ENODEV: for something that this processor does not have. */
		if (syscall(SYS_finit_module, fd, "", 0) && errno != ENODEV)
			return fail(names[i]->d_name);
		close(fd);
	}

	if (mount("/dev/vda", "/root", "ext4", 0, NULL))
		return fail("/dev/vda");
	if (mount("/dev", "/root/dev", NULL, MS_MOVE, NULL) ||
	    chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot("."))
		return fail("/root");
	execv(arguments[0], arguments);
	return fail(arguments[0]);
}
