// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file that is also open with O_DIRECT,
 * when the peer writes and the file is read with O_DIRECT; when the file is
 * written with O_DIRECT and the peer reads; when the mapped pages themselves
 * are the buffer of O_DIRECT on another file, both ways,
 * then everybody sees the newest bytes, the disk has them where O_DIRECT says
 * so, and the pages stay under io on their folios.
 *
 * Guards filemap_write_and_wait_range() and kiocb_invalidate_pages() with
 * pages under io, the snapshot.
 */
#include "scene.h"

#define PAGES 8U

int main(void)
{
	unsigned char *buf = aligned_alloc(T_PAGE, PAGES * T_PAGE);
	struct t_slot before[PAGES];
	struct t_file other;
	struct t_scene s;
	int direct, odirect;
	ssize_t len;

	t_begin();
	t_scene_open(&s, PAGES, T_WRITTEN);
	len = s.f.len;
	t_slots(s.f.fd, 0, PAGES, before);
	direct = open(s.f.path, O_RDWR | O_DIRECT);
	t_file_make(&other, "other", len, T_WRITTEN);
	odirect = open(other.path, O_RDWR | O_DIRECT);
	t_must(direct >= 0 && odirect >= 0, "open O_DIRECT");

	for (unsigned int seed = 2; seed < 5; seed++) {
		t_dma_fill(&s.p, s.mr, 0, len, seed);
		t_must(pread(direct, buf, len, 0) == len, "O_DIRECT read");
		t_ok(t_is(buf, len, seed), "O_DIRECT reads the peer's bytes");
		t_ok(t_under_io(s.f.fd, 0, PAGES), "and leaves them under io");

		t_fill(buf, len, seed + 10);
		t_must(pwrite(direct, buf, len, 0) == len, "O_DIRECT write");
		t_ok(t_dma_is(&s.p, s.mr, 0, len, seed + 10) &&
		     t_is(s.f.map, len, seed + 10),
		     "peer and CPU see what O_DIRECT wrote");
		t_ok(t_disk_is(s.f.fd, 0, len, seed + 10), "so does the disk");
		t_ok(t_under_io(s.f.fd, 0, PAGES), "and it leaves them under io");
	}

	/* The pages are the buffer */
	t_dma_fill(&s.p, s.mr, 0, len, 30);
	t_must(pwrite(odirect, s.f.map, len, 0) == len, "O_DIRECT from the pages");
	t_ok(t_disk_is(other.fd, 0, len, 30), "O_DIRECT from pages under io");
	t_fill(buf, len, 31);
	t_must(pwrite(odirect, buf, len, 0) == len &&
	       pread(odirect, s.f.map, len, 0) == len, "O_DIRECT to the pages");
	t_ok(t_dma_is(&s.p, s.mr, 0, len, 31), "O_DIRECT to pages under io");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, len, 31),
	     "and fsync brings that to the disk");
	t_ok(t_under_io(s.f.fd, 0, PAGES) && t_slots_same(s.f.fd, before, PAGES),
	     "the same folios, under io, all along");
	close(direct);
	close(odirect);
	t_file_close(&other);
	t_scene_close(&s);
	free(buf);
	t_done();
}
