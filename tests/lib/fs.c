// SPDX-License-Identifier: GPL-2.0
#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_buf.h"
#include "slots.h"
#include "tap.h"

#define CGROUP "/sys/fs/cgroup"

const char *t_disk(void)
{
	const char *disk = getenv("T_DISK");

	return disk ? disk : "/dev/vdb";
}

const char *t_disk2(void)
{
	const char *disk = getenv("T_DISK2");

	return disk ? disk : "/dev/vdc";
}

int t_run(const char *fmt, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	fflush(stdout);
	return system(command);
}

static int mount_at(const char *disk, const char *dir, const char *type,
		    const char *opts)
{
	mkdir(T_DIR, 0755);
	mkdir(dir, 0755);
	return mount(disk, dir, type, 0, opts) ? errno : 0;
}

int t_fs_mount(const char *type, const char *opts)
{
	return mount_at(t_disk(), T_MNT, type, opts);
}

/*
 * Nothing may write to the disk behind a test's back: no lazy initialisation.
 * Few inodes: mkfs is most of what a small test waits for. And mkfs has its own
 * idea of a small file system's block size.
 */
static void mkfs_ext4(const char *disk, int mib, const char *opts)
{
	t_must(!t_run("mkfs.ext4 -q -F -b 4096 -m 0 -N 256 -E lazy_itable_init=0,nodiscard %s %s %dM",
		      opts, disk, mib), "mkfs.ext4 %s %s %dM", opts, disk, mib);
}

void t_fs_make(int mib, const char *mkfs_opts, const char *mount_opts)
{
	mkfs_ext4(t_disk(), mib, mkfs_opts);
	errno = t_fs_mount("ext4", mount_opts);
	t_must(!errno, "mount -o %s", mount_opts);
}

void t_fs_make2(int mib)
{
	mkfs_ext4(t_disk2(), mib, "");
	errno = mount_at(t_disk2(), T_MNT2, "ext4", "");
	t_must(!errno, "mount the second disk");
}

void t_fs_make_xfs(void)
{
	/* 300 MiB is the least that mkfs.xfs makes */
	t_must(!t_run("mkfs.xfs -q -f -K -d size=300m %s", t_disk()),
	       "mkfs.xfs");
	errno = t_fs_mount("xfs", "");
	t_must(!errno, "mount xfs");
}

int t_fs_umount(void)
{
	return umount(T_MNT) ? errno : 0;
}

void t_fs_remount(const char *opts)
{
	errno = t_fs_umount();
	t_must(!errno, "umount " T_MNT);
	t_drop_caches(3);
	errno = t_fs_mount("ext4", opts);
	t_must(!errno, "mount again");
}

int t_try_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

void t_write_file(const char *path, const char *text)
{
	errno = t_try_write_file(path, text);
	t_must(!errno, "write \"%s\" to %s", text, path);
}

void t_drop_caches(int what)
{
	char text[2] = { '0' + what, 0 };

	t_write_file("/proc/sys/vm/drop_caches", text);
}

void t_eager_flusher(void)
{
	t_write_file("/proc/sys/vm/dirty_expire_centisecs", "1");
	t_write_file("/proc/sys/vm/dirty_writeback_centisecs", "1");
}

void t_flusher_rounds(int rounds)
{
	static unsigned int seed = 100;
	unsigned char page[T_PAGE];
	int fd = open(T_MNT2 "/clock", O_RDWR | O_CREAT, 0600);
	bool seen;

	t_must(fd >= 0, "open the flusher's clock");
	/* Allocate once, so that every round is an overwrite in place */
	t_fill(page, T_PAGE, 0);
	t_must(pwrite(fd, page, T_PAGE, 0) == (long)T_PAGE && !fsync(fd),
	       "allocate the flusher's clock");
	while (rounds--) {
		t_fill(page, T_PAGE, ++seed);
		t_must(pwrite(fd, page, T_PAGE, 0) == (long)T_PAGE,
		       "dirty the flusher's clock");
		seen = t_within(20, t_disk2_is(fd, 0, T_PAGE, seed));
		errno = ETIMEDOUT;
		t_must(seen, "background writeback runs");
	}
	close(fd);
}

void t_cgroup_make(const char *name)
{
	char path[128];

	t_write_file(CGROUP "/cgroup.subtree_control", "+memory +io");
	snprintf(path, sizeof(path), CGROUP "/%s", name);
	t_must(!mkdir(path, 0755) || errno == EEXIST, "mkdir %s", path);
}

void t_cgroup_write(const char *name, const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), CGROUP "/%s/%s", name, file);
	t_write_file(path, text);
}

void t_cgroup_enter(const char *name)
{
	t_cgroup_write(name, "cgroup.procs", "0");
}

long t_cgroup_stat(const char *name, const char *key)
{
	char path[128];

	snprintf(path, sizeof(path), CGROUP "/%s/memory.stat", name);
	return t_number_in(path, key);
}

unsigned long t_disk_hash(int mib)
{
	const size_t chunk = 1 << 20;
	uint64_t hash = 0xcbf29ce484222325, *words = aligned_alloc(T_PAGE, chunk);
	int fd = open(t_disk(), O_RDONLY | O_DIRECT);

	t_must(fd >= 0 && words, "open %s", t_disk());
	for (int i = 0; i < mib; i++) {
		t_must(pread(fd, words, chunk, (off_t)i * chunk) == (long)chunk,
		       "read %s", t_disk());
		for (size_t w = 0; w < chunk / sizeof(*words); w++)
			hash = (hash ^ words[w]) * 0x100000001b3;
	}
	free(words);
	close(fd);
	return hash;
}
