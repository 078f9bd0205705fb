// SPDX-License-Identifier: GPL-2.0
/*
 * Given files with and without blocks, and a region over memory of many kinds,
 * when the first, second, third ... allocation of memory that a registration
 * makes fails, over rxe and over siw,
 * then each time it fails with ENOMEM or does without: nothing stays pinned,
 * under io or accounted, no slot has an entry, and the next attempt works; in
 * the end the file system can be unmounted.
 *
 * Guards every way out of umem_pin_get() and of the drivers' ->reg_user_mr.
 */
#include <sys/mman.h>

#include "fault.h"
#include "scene.h"

#define PAGES	3U
#define LEN	(PAGES * T_PAGE)

static struct t_scene s;
static unsigned char *all;	/* what is registered: the file, or more */
static size_t len;
static long pinned;

/* The file as it was, and none of it in the page tables. */
static void start_again(enum t_how how)
{
	static unsigned char buf[LEN];

	if (how == T_WRITTEN) {
		t_must(!fsync(s.f.fd), "fsync");
	} else {
		t_must(!ftruncate(s.f.fd, 0) && !ftruncate(s.f.fd, LEN), "truncate");
		if (how == T_DELALLOC)
			t_must(pwrite(s.f.fd, buf, LEN, 0) == (long)LEN, "write");
	}
	t_must(!madvise(all, len, MADV_DONTNEED), "madvise");
	if (how == T_WRITTEN)
		t_must(!posix_fadvise(s.f.fd, 0, 0, POSIX_FADV_DONTNEED), "fadvise");
}

static bool nothing_left(void)
{
	return t_vmpin() == pinned && t_nothing_under_io() &&
	       t_no_entry(s.f.fd, 0, PAGES);
}

/* Register with the @nth allocation failing. Did it come to that? */
static bool attempt(enum t_how how, unsigned int nth, unsigned int *refused)
{
	struct ibv_mr *mr;
	bool hit;

	start_again(how);
	t_fail_nth(nth);
	mr = t_reg(&s.p, all, len);
	hit = t_failed_nth();
	if (mr) {
		errno = 0;
		t_must(t_under_io(s.f.fd, 0, PAGES), "allocation %u: what was registered is under io",
		       nth);
		t_dereg(mr);
	} else {
		(*refused)++;
		/* EIO: the DMA mapping, which is no allocation */
		t_must(hit && (errno == ENOMEM || errno == EIO),
		       "allocation %u: ENOMEM", nth);
	}
	errno = 0;
	t_must(t_within(10, nothing_left()), "allocation %u: nothing is left",
	       nth);
	if (!mr)
		t_dereg(t_reg_must(&s.p, all, len));
	return hit;
}

static void sweep(const char *device, const char *what, enum t_how how)
{
	unsigned int nth, refused = 0;

	/* What user space needs once, and the caches of the allocators */
	t_dereg(t_reg_must(&s.p, all, len));
	for (nth = 1; attempt(how, nth, &refused); nth++)
		;
	t_ok(refused, "%s, %s: %u allocations failed, %u with ENOMEM", device,
	     what, nth - 1, refused);
	s.mr = t_reg_must(&s.p, all, len);
	t_dma_fill(&s.p, s.mr, 0, LEN, 2);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, LEN, 2),
	     "%s, %s: and the peer's bytes get to the disk", device, what);
	t_dereg(s.mr);
}

static void map_other(size_t at, int fd)
{
	int flags = MAP_FIXED | (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);

	t_must(mmap(all + at, T_PAGE, PROT_READ | PROT_WRITE, flags, fd, 0) ==
	       all + at, "map");
}

static void sweep_device(const char *device)
{
	static const struct {
		const char *name;
		enum t_how how;
	} kinds[] = {
		{ "a hole", T_HOLE },
		{ "reserved blocks", T_DELALLOC },
		{ "written blocks", T_WRITTEN },
	};
	int shmem = memfd_create("shmem", 0);

	t_fs_make(64, "", "");
	t_pair_open(&s.p, device);
	pinned = t_vmpin();
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		t_file_make(&s.f, "file", LEN, kinds[i].how);
		all = s.f.map;
		len = LEN;
		sweep(device, kinds[i].name, kinds[i].how);
		t_file_close(&s.f);
	}

	/* The file's pages, one of shmem, one of nobody's */
	t_file_make(&s.f, "file", LEN, T_HOLE);
	len = LEN + 2 * T_PAGE;
	all = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	t_must(shmem >= 0 && !ftruncate(shmem, T_PAGE) && all != MAP_FAILED &&
	       mmap(all, LEN, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_SHARED,
		    s.f.fd, 0) == all, "memory");
	map_other(LEN, shmem);
	map_other(LEN + T_PAGE, -1);
	sweep(device, "many kinds", T_HOLE);
	munmap(all, len);
	close(shmem);
	t_file_close(&s.f);
	t_pair_close(&s.p);
	errno = t_fs_umount();
	t_ok(!errno, "%s: the file system can be unmounted", device);
}

int main(void)
{
	t_begin();
	t_faults(T_ALL_FAULTS);
	sweep_device("rxe0");
	sweep_device("siw0");
	t_done();
}
