// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file of 2 MiB, aligned so that it could be one huge page,
 * when madvise(MADV_COLLAPSE) is asked to make it one, through the writable
 * mapping and through a read only, executable one of a read only file, while
 * registered and once more released and synced,
 * then while registered it is refused, and pages, buffers, entries and bytes
 * are what they were; after that it is one huge page, with the same bytes.
 *
 * Guards collapse_file() and hpage_collapse_scan_file() of mm/khugepaged.c;
 * that a file under io is open for writing keeps them away from it as well.
 */
#include <sys/mman.h>

#include "scene.h"

#define HUGE	(2UL << 20)
#define PAGES	(HUGE / T_PAGE)
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static struct t_slot before[PAGES];

/* A mapping of @fd at an address that is a multiple of 2 MiB. */
static unsigned char *map_aligned(int fd, int prot)
{
	unsigned char *room = mmap(NULL, 2 * HUGE, PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *at = (void *)(((uintptr_t)room + HUGE - 1) & -HUGE);

	t_must(room != MAP_FAILED &&
	       mmap(at, HUGE, prot, MAP_SHARED | MAP_FIXED, fd, 0) == at, "mmap");
	return at;
}

/* 0 or errno */
static int collapse(void *addr)
{
	return madvise(addr, HUGE, MADV_COLLAPSE) ? errno : 0;
}

int main(void)
{
	struct t_scene s = { .mr = NULL };
	unsigned char *writable, *readable;
	int fd, err;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", HUGE, T_WRITTEN);
	writable = map_aligned(s.f.fd, PROT_READ | PROT_WRITE);
	fd = open(s.f.path, O_RDONLY);
	readable = map_aligned(fd, PROT_READ | PROT_EXEC);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, writable, HUGE);
	/* Now only the region keeps the file open for writing */
	t_file_close(&s.f);
	munmap(writable, HUGE);
	t_dma_fill(&s.p, s.mr, 0, HUGE, 2);
	t_slots(fd, 0, PAGES, before);
	for (int round = 0; round < 2; round++) {
		t_must(t_is(readable, HUGE, 2), "fault the pages in");
		/* It is open for writing, for the region */
		err = collapse(readable);
		t_ok(err == EINVAL, "a file under io is not collapsed: %s", strerror(err));
		t_ok(t_under_io(fd, 0, PAGES) && t_slots_same(fd, before, PAGES),
		     "pages and buffers are what they were");
		t_ok(t_dma_is(&s.p, s.mr, 0, HUGE, 2), "and so are the bytes");
		t_must(!fsync(fd), "fsync");
	}
	t_dma_fill(&s.p, s.mr, 0, HUGE, 3);
	t_dereg(s.mr);
	t_must(t_within(10, t_nothing_under_io()), "release");
	t_must(!fsync(fd) && t_is(readable, HUGE, 3), "fsync");
	/* So nothing but the region was in the way */
	t_within(10, !(err = collapse(readable)));
	t_ok(!err && t_meminfo("FileHugePages") == HUGE / 1024,
	     "released, it becomes one huge page: %s", strerror(err));
	t_ok(t_is(readable, HUGE, 3) && t_read_is(fd, 0, HUGE, 3) &&
	     t_disk_is(fd, 0, HUGE, 3), "with its bytes");
	munmap(readable, HUGE);
	close(fd);
	t_pair_close(&s.p);
	errno = t_fs_umount();
	t_ok(!errno, "the file system can be unmounted");
	t_done();
}
