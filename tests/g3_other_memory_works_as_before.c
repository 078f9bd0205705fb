// SPDX-License-Identifier: GPL-2.0
/*
 * Given memory the mechanism has nothing to do with: anonymous, shmem, huge
 * pages, a private mapping of an ext4 file, and a shared one that is
 * registered for reading only,
 * when it is registered and the peer writes or reads,
 * then that works as with the stock kernel, no page comes under io, and the
 * private mapping's bytes do not get into the file.
 *
 * Guards that ib_umem_get() goes on as before for all other kinds of memory.
 */
#include <sys/mman.h>

#include "scene.h"

#define LEN (2UL << 20)

static struct t_pair p;

static void works(unsigned char *map, size_t len, const char *what)
{
	long pinned = t_vmpin();
	struct ibv_mr *mr;

	t_must(map != MAP_FAILED, "map %s", what);
	mr = t_reg_must(&p, map, len);
	t_dma_fill(&p, mr, 100, len - 100, 3);
	t_ok(t_is(map + 100, len - 100, 3), "%s: the peer's bytes arrive", what);
	t_ok(t_vmpin() == pinned + (long)len / 1024 && t_nothing_under_io(),
	     "%s: pinned, and not under io", what);
	t_fill(map, len, 4);
	t_ok(t_dma_is(&p, mr, 0, len, 4), "%s: the peer sees ours", what);
	t_dereg(mr);
	t_ok(t_vmpin() == pinned, "%s: released", what);
}

int main(void)
{
	const int rw = PROT_READ | PROT_WRITE;
	unsigned char *map;
	struct ibv_mr *mr;
	struct t_file f;
	int fd;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&f, "file", LEN, T_WRITTEN);
	t_pair_open(&p, t_device());

	works(mmap(NULL, LEN, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), LEN,
	      "anonymous");
	works(mmap(NULL, LEN, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0), LEN,
	      "shared anonymous");
	fd = memfd_create("t", 0);
	t_must(fd >= 0 && !ftruncate(fd, LEN), "memfd_create");
	works(mmap(NULL, LEN, rw, MAP_SHARED, fd, 0), LEN, "shmem");
	t_write_file("/proc/sys/vm/nr_hugepages", "2");
	works(mmap(NULL, LEN, rw, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0),
	      LEN, "huge pages");
	works(mmap(NULL, LEN, rw, MAP_PRIVATE, f.fd, 0), LEN,
	      "private mapping of ext4");
	t_ok(t_read_is(f.fd, 0, LEN, 1), "the file has not changed by that");

	/* Reading only: no permission to write, in three ways */
	map = mmap(NULL, LEN, PROT_READ, MAP_SHARED, f.fd, 0);
	mr = ibv_reg_mr(p.pd, map, LEN, IBV_ACCESS_REMOTE_READ);
	t_must(mr, "register a read-only mapping for reading");
	t_ok(t_dma_is(&p, mr, 0, LEN, 1), "read only mapping: the peer reads");
	t_ok(t_nothing_under_io(), "read only mapping: not under io");
	t_dereg(mr);
	mr = ibv_reg_mr(p.pd, f.map, LEN, IBV_ACCESS_REMOTE_READ);
	t_must(mr, "register a writable mapping for reading");
	t_ok(t_dma_is(&p, mr, 0, LEN, 1) && t_nothing_under_io(),
	     "writable mapping, read only region: the peer reads, not under io");
	t_dereg(mr);
	t_ok(t_reg_fails(&p, map, LEN, EFAULT),
	     "read only mapping with write access: EFAULT");
	t_ok(t_nothing_under_io(), "and nothing is left behind");
	t_done();
}
