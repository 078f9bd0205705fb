// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file that ends in the middle of a page, all of which is registered,
 * when the peer writes up to the page's end and fsync is called,
 * then the disk has the peer's bytes up to the file's end, and zeros behind
 * it; the page itself, which is the peer's, is left alone; when the file then
 * grows, the new bytes read as zeros.
 *
 * Guards pui_snapshot()'s zeros, ext4_bio_write_folio() of fs/ext4/page-io.c.
 */
#include "scene.h"

#define LEN (2 * T_PAGE + 1000)

int main(void)
{
	unsigned char block[T_PAGE], zeros[T_PAGE] = { 0 };
	struct t_scene s = { .mr = NULL };
	size_t tail = 3 * T_PAGE - LEN;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", LEN, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	/* The mapping goes to the end of the page, too */
	s.mr = t_reg_must(&s.p, s.f.map, 3 * T_PAGE);
	for (unsigned int seed = 2; seed < 4; seed++) {
		t_dma_fill(&s.p, s.mr, 0, 3 * T_PAGE, seed);
		t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, LEN, seed),
		     "the disk has the peer's bytes");
		t_must(t_disk_read(t_disk(), s.f.fd, 2 * T_PAGE, block, T_PAGE) ==
		       T_PAGE, "the last block is on the disk");
		t_ok(!memcmp(block + 1000, zeros, tail), "and zeros behind the end");
		t_ok(t_dma_is(&s.p, s.mr, 0, 3 * T_PAGE, seed),
		     "the peer's own view is not touched");
	}
	t_must(!ftruncate(s.f.fd, 4 * T_PAGE), "make the file longer");
	t_must(pread(s.f.fd, block, tail, LEN) == (ssize_t)tail, "read");
	t_ok(!memcmp(block, zeros, tail), "new bytes read as zeros");
	t_dereg(s.mr);
	s.mr = NULL;
	t_must(!fsync(s.f.fd) &&
	       t_disk_read(t_disk(), s.f.fd, 2 * T_PAGE, block, T_PAGE) == T_PAGE,
	       "the last block is on the disk");
	t_ok(!memcmp(block + 1000, zeros, tail), "on the disk, too");
	t_scene_close(&s);
	t_done();
}
