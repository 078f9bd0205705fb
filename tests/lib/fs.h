/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scratch file system, and the knobs of the kernel a test turns.
 *
 * What a test mounts, freezes, writes to a sysctl or creates in the cgroup
 * tree is taken back by the runner (tests/run) after the test, however it
 * ended; a test does so itself only where that is part of what it proves.
 */
#ifndef T_FS_H
#define T_FS_H

#include <stdbool.h>
#include <stddef.h>

#define T_PAGE	4096UL
#define T_DIR	"/run/umem_pin"
#define T_MNT	T_DIR "/mnt"		/* the first scratch disk */
#define T_MNT2	T_DIR "/mnt2"		/* the second */

const char *t_disk(void);		/* T_DISK, else /dev/vdb */
const char *t_disk2(void);		/* T_DISK2, else /dev/vdc */

/* mkfs.ext4 with @mkfs_opts ("" for none), of @mib MiB; mount at T_MNT. */
void t_fs_make(int mib, const char *mkfs_opts, const char *mount_opts);
void t_fs_make2(int mib);		/* plain ext4 on the second disk */
void t_fs_make_xfs(void);
int t_fs_mount(const char *type, const char *opts);	/* 0 or errno */
int t_fs_umount(void);					/* 0 or errno */
void t_fs_remount(const char *opts);	/* umount, forget its blocks, mount */

void t_write_file(const char *path, const char *text);	/* fails the test */
int t_try_write_file(const char *path, const char *text);	/* 0 or errno */
int t_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void t_drop_caches(int what);
/* Background writeback as eager as it gets: old after 10 ms, woken as often. */
void t_eager_flusher(void);
/*
 * Wait until background writeback has run @rounds times: dirties a page of
 * an ordinary file on the second disk and waits for it on the disk, each
 * round. Needs t_fs_make2() and t_eager_flusher() first.
 */
void t_flusher_rounds(int rounds);
/* A cgroup below the root with the memory and io controllers. */
void t_cgroup_make(const char *name);
void t_cgroup_enter(const char *name);		/* the calling process; "" the root */
void t_cgroup_write(const char *name, const char *file, const char *text);
/* A number of its memory.stat. */
long t_cgroup_stat(const char *name, const char *key);
/* FNV-1a over the first @mib MiB of the first scratch disk, read O_DIRECT. */
unsigned long t_disk_hash(int mib);

#endif
