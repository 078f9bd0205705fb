/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file on the scratch file system with a shared mapping, patterns to fill
 * it with, and a way to see what is on the disk.
 *
 * A pattern is a function of its seed and of the byte's offset from where the
 * pattern starts; two seeds differ in every byte they are compared at often
 * enough that no test passes by accident, and no pattern is all zero.
 */
#ifndef T_FILE_BUF_H
#define T_FILE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "fs.h"

enum t_how {
	T_HOLE,		/* truncated to its size */
	T_FALLOC,	/* unwritten extents */
	T_DELALLOC,	/* pattern 1 written, nothing synced */
	T_WRITTEN,	/* pattern 1 written and on the disk */
};

struct t_file {
	char path[128];
	int fd;			/* O_RDWR */
	size_t len;
	unsigned char *map;	/* MAP_SHARED, PROT_READ | PROT_WRITE */
};

void t_file_make(struct t_file *f, const char *name, size_t len, enum t_how how);
void t_file_close(struct t_file *f);

void t_fill(void *buf, size_t len, unsigned int seed);
/* Does @buf hold the pattern, starting at offset @from of the pattern? */
bool t_is(const void *buf, size_t len, unsigned int seed);
bool t_is_from(const void *buf, size_t from, size_t len, unsigned int seed);
/* The same, of a part of a file, read with pread(). */
bool t_read_is(int fd, off_t off, size_t len, unsigned int seed);

/*
 * Read what the DISK holds of a part of a file: the physical place from
 * FIEMAP, never with FIEMAP_FLAG_SYNC, and O_DIRECT from the block device.
 * (O_DIRECT from the file would write the page cache out first.) Bytes that
 * have no written block read as 0. Return: how many bytes did have one.
 */
size_t t_disk_read(const char *disk, int fd, off_t off, void *buf, size_t len);
/* All of them on the disk, and the pattern? */
bool t_disk_is(int fd, off_t off, size_t len, unsigned int seed);
bool t_disk2_is(int fd, off_t off, size_t len, unsigned int seed);

/* All extents of a file as text, to compare two looks. Free it. */
char *t_fiemap_text(int fd);
/* Flags of the extent at @off, 0 when there is none. */
unsigned int t_extent_flags(int fd, off_t off);

#endif
