// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of 16 pages of which 4..11 are registered, and an RDMA-written
 * pattern in them,
 * when the file is made shorter in the middle of page 8,
 * then that works at once; each remote access to bytes behind the new end
 * fails with an access error, as often as it is tried; the bytes before it
 * are read and written as ever, the cut page's first part among them, and
 * reach the disk; when the file grows again, what was cut off is zeros, for the
 * CPU and on the disk, and stays lost for the region; a new region reaches it;
 * deregistration leaves nothing.
 *
 * Guards pui_revoke(), ext4_setattr(), umem_pin_test_lost() in rxe and siw.
 */
#include <sys/stat.h>

#include "scene.h"

#define PAGES	16U
#define FIRST	4U
#define COUNT	8U
#define KEPT	100U			/* bytes of page 8 that stay */
#define CUT	(4 * T_PAGE + KEPT)	/* in the region */

static bool zeros(int fd, off_t off, size_t len, bool disk)
{
	unsigned char *buf = malloc(len);
	bool good = true;

	if (disk)
		t_disk_read(t_disk(), fd, off, buf, len);
	else
		good = pread(fd, buf, len, off) == (ssize_t)len;
	for (size_t i = 0; good && i < len; i++)
		if (buf[i]) {
			t_note("byte %zu is 0x%x", off + i, buf[i]);
			good = false;
		}
	free(buf);
	return good;
}

int main(void)
{
	const off_t end = (FIRST + 4) * T_PAGE + KEPT;
	struct t_scene s = { .mr = NULL };
	struct ibv_mr *again;
	struct stat st;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map + FIRST * T_PAGE, COUNT * T_PAGE);
	t_dma_fill(&s.p, s.mr, 0, COUNT * T_PAGE, 2);

	t_ok(!ftruncate(s.f.fd, end) && !fstat(s.f.fd, &st) && st.st_size == end,
	     "the file is made shorter");
	t_ok(t_under_io(s.f.fd, FIRST, 5) && t_no_entry(s.f.fd, FIRST + 5, 3),
	     "under io: the pages that are left, the cut one among them");
	t_ok(t_vmstat("nr_pui_pages") == 5, "... and no other");

	t_ok(t_write_denied(&s.p, s.mr, 5 * T_PAGE, 8), "write behind the end");
	t_ok(t_write_denied(&s.p, s.mr, CUT, 1), "write of the first lost byte");
	t_ok(t_write_denied(&s.p, s.mr, CUT - 1, 2), "write across the end");
	t_ok(t_write_denied(&s.p, s.mr, 0, COUNT * T_PAGE), "write of all");
	t_ok(t_write_denied(&s.p, s.mr, COUNT * T_PAGE - 1, 1), "write of the last byte");
	t_ok(t_read_denied(&s.p, s.mr, CUT, 1), "read of the first lost byte");
	t_ok(t_read_denied(&s.p, s.mr, 3 * T_PAGE, 3 * T_PAGE), "read across the end");
	if (!t_is_iwarp())
		t_ok(t_atomic_denied(&s.p, s.mr, 6 * T_PAGE), "atomic");

	t_ok(t_dma_is(&s.p, s.mr, 0, 4 * T_PAGE, 2), "reads of the rest work");
	t_dma_fill(&s.p, s.mr, 0, CUT, 3);
	t_ok(t_is(s.f.map + FIRST * T_PAGE, CUT, 3), "writes of the rest work");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, FIRST * T_PAGE, CUT, 3),
	     "and reach the disk");

	t_must(!ftruncate(s.f.fd, PAGES * T_PAGE), "make it longer");
	t_ok(zeros(s.f.fd, end, PAGES * T_PAGE - end, false),
	     "when it grows again, the CPU reads zeros");
	t_ok(!fsync(s.f.fd) && zeros(s.f.fd, end, PAGES * T_PAGE - end, true),
	     "and the disk has nothing else");
	t_ok(t_write_denied(&s.p, s.mr, CUT, 1) &&
	     t_write_denied(&s.p, s.mr, 6 * T_PAGE, 8), "lost bytes stay lost");
	t_ok(zeros(s.f.fd, end, PAGES * T_PAGE - end, false),
	     "nothing came of what was denied");

	again = t_reg_must(&s.p, s.f.map + FIRST * T_PAGE, COUNT * T_PAGE);
	t_ok(t_under_io(s.f.fd, FIRST, COUNT), "a new region has all of them");
	t_dma_fill(&s.p, again, 0, COUNT * T_PAGE, 4);
	t_ok(t_dma_is(&s.p, s.mr, 0, CUT, 4), "the old one sees its part");
	t_dereg(s.mr);
	s.mr = NULL;
	t_ok(t_within(10, t_under_io(s.f.fd, FIRST, COUNT)),
	     "the end of the old one leaves the new one's pages under io");
	t_dereg(again);
	t_ok(t_within(10, t_nothing_under_io()), "nothing is left under io");
	t_pair_close(&s.p);
	t_file_close(&s.f);
	t_fs_remount("");
	s.f.fd = open(s.f.path, O_RDONLY);
	t_ok(t_read_is(s.f.fd, FIRST * T_PAGE, COUNT * T_PAGE, 4),
	     "after a remount the file has every byte");
	close(s.f.fd);
	t_done();
}
