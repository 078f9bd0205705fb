// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file on the disk with old bytes, registered, and all that is dirty
 * in it under io,
 * when the peer writes and the file is read with O_DIRECT and RWF_NOWAIT, which
 * may not write anything out first,
 * then the read says EAGAIN or gives the peer's bytes, never the disk's old
 * ones; a write of that kind says EAGAIN or is seen by the peer.
 *
 * Guards filemap_range_needs_writeback() of include/linux/pagemap.h and
 * filemap_range_has_writeback() and filemap_range_has_page() of mm/filemap.c.
 */
#include <sys/uio.h>

#include "scene.h"

#define PAGES 4U

int main(void)
{
	unsigned char *buf = aligned_alloc(T_PAGE, PAGES * T_PAGE);
	struct iovec iov = { buf, PAGES * T_PAGE };
	struct t_scene s;
	ssize_t got;
	int direct;

	t_begin();
	t_scene_open(&s, PAGES, T_WRITTEN);
	direct = open(s.f.path, O_RDWR | O_DIRECT);
	t_must(direct >= 0, "open O_DIRECT");
	for (unsigned int seed = 2; seed < 6; seed++) {
		t_dma_fill(&s.p, s.mr, 0, s.f.len, seed);
		memset(buf, 0, s.f.len);
		got = preadv2(direct, &iov, 1, 0, RWF_NOWAIT);
		t_must(got == (ssize_t)s.f.len || errno == EAGAIN, "preadv2");
		t_ok(got < 0 || t_is(buf, s.f.len, seed),
		     "O_DIRECT RWF_NOWAIT read: %s", got < 0 ? "EAGAIN" : "new bytes");

		t_fill(buf, s.f.len, seed + 10);
		got = pwritev2(direct, &iov, 1, 0, RWF_NOWAIT);
		t_must(got == (ssize_t)s.f.len || errno == EAGAIN, "pwritev2");
		t_ok(got < 0 ? t_dma_is(&s.p, s.mr, 0, s.f.len, seed) :
		     t_dma_is(&s.p, s.mr, 0, s.f.len, seed + 10),
		     "O_DIRECT RWF_NOWAIT write: %s", got < 0 ? "EAGAIN" : "seen");
		t_ok(t_under_io(s.f.fd, 0, PAGES), "the pages stay under io");

		/* The next round starts with a disk that is behind again */
		t_must(!fsync(s.f.fd), "fsync");
	}
	close(direct);
	t_scene_close(&s);
	free(buf);
	t_done();
}
