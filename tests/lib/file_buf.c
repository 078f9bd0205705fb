// SPDX-License-Identifier: GPL-2.0
#include "file_buf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"

#define EXTENTS 128

/* Extents whose place on the disk does not hold the file's bytes. */
#define NO_BYTES (FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DELALLOC | \
		  FIEMAP_EXTENT_ENCODED | FIEMAP_EXTENT_NOT_ALIGNED | \
		  FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_UNWRITTEN)

static unsigned char pattern(size_t i, unsigned int seed)
{
	return seed * 53 + i * 7 + (i >> 8) * 13 + (i >> 16) * 29 + 1;
}

void t_fill(void *buf, size_t len, unsigned int seed)
{
	unsigned char *b = buf;

	for (size_t i = 0; i < len; i++)
		b[i] = pattern(i, seed);
}

bool t_is_from(const void *buf, size_t from, size_t len, unsigned int seed)
{
	const unsigned char *b = buf;

	for (size_t i = 0; i < len; i++)
		if (b[i] != pattern(from + i, seed))
			return false;
	return true;
}

bool t_is(const void *buf, size_t len, unsigned int seed)
{
	return t_is_from(buf, 0, len, seed);
}

bool t_read_is(int fd, off_t off, size_t len, unsigned int seed)
{
	unsigned char *buf = malloc(len);
	bool same = pread(fd, buf, len, off) == (ssize_t)len &&
		    t_is(buf, len, seed);

	free(buf);
	return same;
}

void t_file_make(struct t_file *f, const char *name, size_t len, enum t_how how)
{
	snprintf(f->path, sizeof(f->path), "%s/%s", T_MNT, name);
	f->len = len;
	f->fd = open(f->path, O_RDWR | O_CREAT | O_TRUNC, 0666);
	t_must(f->fd >= 0, "create %s", f->path);
	if (how == T_FALLOC)
		t_must(!fallocate(f->fd, 0, 0, len), "fallocate");
	else
		t_must(!ftruncate(f->fd, len), "set the file's size");
	f->map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	t_must(f->map != MAP_FAILED, "mmap %s", f->path);
	if (how == T_DELALLOC || how == T_WRITTEN) {
		unsigned char *buf = malloc(len);

		t_fill(buf, len, 1);
		t_must(pwrite(f->fd, buf, len, 0) == (ssize_t)len, "write");
		free(buf);
	}
	if (how == T_WRITTEN) {
		t_must(!fsync(f->fd), "fsync");
		t_must(t_disk_is(f->fd, 0, len, 1), "a synced file is on the disk");
	}
}

void t_file_close(struct t_file *f)
{
	munmap(f->map, f->len);
	close(f->fd);
}

static struct fiemap *get_extents(int fd, off_t off, size_t len)
{
	struct fiemap *fm = calloc(1, sizeof(*fm) +
				   EXTENTS * sizeof(struct fiemap_extent));

	fm->fm_start = off;
	fm->fm_length = len;
	fm->fm_extent_count = EXTENTS;
	t_must(!ioctl(fd, FS_IOC_FIEMAP, fm), "FIEMAP");
	errno = E2BIG;
	t_must(fm->fm_mapped_extents < EXTENTS, "a file of few extents");
	return fm;
}

size_t t_disk_read(const char *disk, int fd, off_t off, void *buf, size_t len)
{
	off_t first = off & -T_PAGE, end = (off + len + T_PAGE - 1) & -T_PAGE;
	struct fiemap *fm = get_extents(fd, first, end - first);
	int bdev = open(disk, O_RDONLY | O_DIRECT);
	unsigned char *blocks = aligned_alloc(T_PAGE, end - first);
	size_t found = 0;

	t_must(bdev >= 0 && blocks, "open %s", disk);
	memset(blocks, 0, end - first);
	for (unsigned int i = 0; i < fm->fm_mapped_extents; i++) {
		struct fiemap_extent *e = &fm->fm_extents[i];
		off_t from = e->fe_logical, to = from + e->fe_length;

		from = from < first ? first : from;
		to = to > end ? end : to;
		if (from >= to || e->fe_flags & NO_BYTES)
			continue;
		t_must(pread(bdev, blocks + (from - first), to - from,
			     e->fe_physical + (from - e->fe_logical)) == to - from,
		       "read %s", disk);
		from = from < off ? off : from;
		to = to > (off_t)(off + len) ? (off_t)(off + len) : to;
		found += to > from ? to - from : 0;
	}
	memcpy(buf, blocks + (off - first), len);
	free(blocks);
	free(fm);
	close(bdev);
	return found;
}

static bool disk_is(const char *disk, int fd, off_t off, size_t len,
		    unsigned int seed)
{
	unsigned char *buf = malloc(len);
	bool same = t_disk_read(disk, fd, off, buf, len) == len &&
		    t_is(buf, len, seed);

	free(buf);
	return same;
}

bool t_disk_is(int fd, off_t off, size_t len, unsigned int seed)
{
	return disk_is(t_disk(), fd, off, len, seed);
}

bool t_disk2_is(int fd, off_t off, size_t len, unsigned int seed)
{
	return disk_is(t_disk2(), fd, off, len, seed);
}

char *t_fiemap_text(int fd)
{
	struct fiemap *fm = get_extents(fd, 0, ~0UL >> 1);
	char *text = calloc(fm->fm_mapped_extents + 1, 80), *at = text;

	for (unsigned int i = 0; i < fm->fm_mapped_extents; i++)
		at += sprintf(at, "%llu+%llu@%llu:%x ",
			      (unsigned long long)fm->fm_extents[i].fe_logical,
			      (unsigned long long)fm->fm_extents[i].fe_length,
			      (unsigned long long)fm->fm_extents[i].fe_physical,
			      fm->fm_extents[i].fe_flags);
	free(fm);
	return text;
}

unsigned int t_extent_flags(int fd, off_t off)
{
	struct fiemap *fm = get_extents(fd, off, 1);
	unsigned int flags = fm->fm_mapped_extents ? fm->fm_extents[0].fe_flags : 0;

	free(fm);
	return flags;
}
