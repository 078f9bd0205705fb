// SPDX-License-Identifier: GPL-2.0
/*
 * Given a full file system and a sparse file of 64 pages, 8 of them with
 * blocks, on it,
 * when all of it is registered,
 * then it fails with ENOSPC, or with EFAULT and a trace event that names the
 * inode and the first page that had no block; nothing is left behind; with
 * room again, the same registration works.
 *
 * Guards the undo in umem_pin_get(), the event pui_fault_failed.
 */
#include <sys/stat.h>

#include "scene.h"

#define PAGES	64U
#define HAVE	8U

static void fill_up(void)
{
	int fd = open(T_MNT "/filler", O_WRONLY | O_CREAT, 0600);
	static char block[1 << 16];
	size_t n = sizeof(block);

	while (n >= T_PAGE) {
		if (write(fd, block, n) <= 0)
			n /= 2;
		fsync(fd);
	}
	t_must(errno == ENOSPC, "fill the file system");
	close(fd);
}

int main(void)
{
	struct t_scene s = { .mr = NULL };
	unsigned char buf[HAVE * T_PAGE];
	struct stat st;
	char *trace;
	long pinned;
	int err;

	t_begin();
	t_fs_make(16, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_HOLE);
	t_fill(buf, sizeof(buf), 1);
	t_must(pwrite(s.f.fd, buf, sizeof(buf), 0) == (long)sizeof(buf) &&
	       !fsync(s.f.fd) && !fstat(s.f.fd, &st), "write 8 pages");
	fill_up();
	t_pair_open(&s.p, t_device());
	pinned = t_vmpin();
	t_trace_start("pui:pui_fault_failed");
	s.mr = t_reg(&s.p, s.f.map, s.f.len);
	err = errno;
	trace = t_trace_stop();
	t_ok(!s.mr && (err == EFAULT || err == ENOSPC),
	     "registration fails: %s", s.mr ? "it worked" : strerror(err));
	t_ok(err == ENOSPC ||
	     (t_trace_find(trace, "pui_fault_failed", "ino", st.st_ino) &&
	      t_trace_find(trace, "pui_fault_failed", "index", HAVE)),
	     "an event names inode %lu and page %u", (long)st.st_ino, HAVE);
	t_ok(t_vmpin() == pinned && t_nothing_under_io(), "nothing is left behind");
	t_ok(t_slots_are(s.f.fd, 0, HAVE, "folio"), "no entry in a slot");
	t_ok(t_read_is(s.f.fd, 0, sizeof(buf), 1), "the file's bytes are untouched");

	t_must(!unlink(T_MNT "/filler"), "unlink");
	t_ok(t_within(20, (s.mr = t_reg(&s.p, s.f.map, s.f.len))),
	     "with room again it works");
	t_must(s.mr, "register");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 2),
	     "and the peer's bytes get to the disk");
	t_scene_close(&s);
	free(trace);
	t_done();
}
