/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A disk that breaks when it is told to: the first scratch disk, with device
 * mapper above it. The blocks that mkfs left free break, which is where data
 * goes; journal and other metadata stay good.
 *
 * A write takes a millisecond, so that it fails, as on a real disk, after it
 * was sent and not while it is being sent.
 */
#ifndef T_BAD_DISK_H
#define T_BAD_DISK_H

enum t_disk_state {
	T_DISK_GOOD,
	T_DISK_NO_WRITES,	/* writes of data fail, reads work */
	T_DISK_NO_DATA,		/* both fail */
};

/*
 * Make it, with an ext4 of @mib MiB, mounted, made with @mkfs_opts; t_disk() is
 * that disk then.
 */
void t_bad_disk_open(int mib, const char *mkfs_opts);
void t_bad_disk(enum t_disk_state state);
/*
 * A write takes so long from now on; those that are waiting go at once. However
 * the test ends, the runner ends the delay, or what comes after it would wait.
 */
void t_slow_disk(unsigned int ms);

#endif
