// SPDX-License-Identifier: GPL-2.0
/*
 * Given regions of Soft-RoCE and of Soft-iWARP on the same page of a file,
 * when both peers write and one device's region goes first, then the other's,
 * then each sees the other's bytes, the entry leaves with the second, and the
 * disk has the bytes of both.
 *
 * Guards that the page, not a device, owns the entry: pui_end().
 */
#include "scene.h"

int main(void)
{
	struct t_pair rxe, siw;
	struct ibv_mr *a, *b;
	struct t_file f;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&f, "file", T_PAGE, T_HOLE);
	t_pair_open(&rxe, "rxe0");
	t_pair_open(&siw, "siw0");
	for (int first = 0; first < 2; first++) {
		a = t_reg_must(&rxe, f.map, 2500);
		b = t_reg_must(&siw, f.map + 1500, 2596);
		t_dma_fill(&rxe, a, 0, 1500, 2 + first);
		t_dma_fill(&siw, b, 0, 2596, 4 + first);
		t_ok(t_dma_is(&rxe, a, 1500, 1000, 4 + first),
		     "rxe reads what siw wrote");
		t_dereg(first ? a : b);
		t_ok(t_under_io(f.fd, 0, 1), "under io for the one that is left");
		t_dereg(first ? b : a);
		t_ok(t_within(10, t_slots_are(f.fd, 0, 1, "folio")),
		     "released with the second");
		t_must(!fsync(f.fd), "fsync");
		t_ok(t_disk_is(f.fd, 0, 1500, 2 + first) &&
		     t_disk_is(f.fd, 1500, 2596, 4 + first),
		     "the disk has the bytes of both");
	}
	t_pair_close(&rxe);
	t_pair_close(&siw);
	t_done();
}
