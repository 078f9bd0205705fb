// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file that was on the disk with other bytes,
 * when the peer has written and the file is spliced to a pipe, sent with
 * sendfile(), copied with copy_file_range(), or spliced into from a pipe,
 * then out come the peer's bytes, the peer sees what went in, and the folios
 * stay where they were.
 *
 * Guards filemap_splice_read() and page_cache_pipe_buf_try_steal() by way of
 * filemap_get_read_batch() and filemap_release_folio().
 */
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "scene.h"

#define PAGES 8U

int main(void)
{
	struct t_slot before[PAGES];
	unsigned char buf[PAGES * T_PAGE];
	int pipes[2], out, copy;
	struct t_scene s;
	off_t off = 0;

	t_begin();
	t_scene_open(&s, PAGES, T_WRITTEN);
	t_slots(s.f.fd, 0, PAGES, before);
	t_must(!pipe(pipes), "pipe");
	out = memfd_create("out", 0);
	copy = open(T_MNT "/copy", O_RDWR | O_CREAT, 0600);
	t_must(out >= 0 && copy >= 0, "files to copy to");

	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_must(splice(s.f.fd, &(loff_t){ 0 }, pipes[1], NULL, s.f.len, 0) ==
	       (ssize_t)s.f.len, "splice to a pipe");
	t_must(read(pipes[0], buf, s.f.len) == (ssize_t)s.f.len, "read the pipe");
	t_ok(t_is(buf, s.f.len, 2), "splice() gives the peer's bytes");

	t_dma_fill(&s.p, s.mr, 0, s.f.len, 3);
	t_must(sendfile(out, s.f.fd, &off, s.f.len) == (ssize_t)s.f.len,
	       "sendfile");
	t_ok(t_read_is(out, 0, s.f.len, 3), "sendfile() does");

	t_dma_fill(&s.p, s.mr, 0, s.f.len, 4);
	t_must(copy_file_range(s.f.fd, &(loff_t){ 0 }, copy, &(loff_t){ 0 },
			       s.f.len, 0) == (ssize_t)s.f.len, "copy_file_range");
	t_ok(t_read_is(copy, 0, s.f.len, 4), "copy_file_range() does");

	/* Moved from a pipe to another file: a try to steal the folio */
	t_must(splice(s.f.fd, &(loff_t){ 0 }, pipes[1], NULL, s.f.len, 0) ==
	       (ssize_t)s.f.len &&
	       splice(pipes[0], NULL, copy, &(loff_t){ 0 }, s.f.len,
		      SPLICE_F_MOVE) == (ssize_t)s.f.len, "splice on");
	t_ok(t_read_is(copy, 0, s.f.len, 4) && t_slots_same(s.f.fd, before, PAGES),
	     "no folio is stolen by a pipe");

	t_fill(buf, sizeof(buf), 5);
	t_must(write(pipes[1], buf, s.f.len) == (ssize_t)s.f.len &&
	       splice(pipes[0], NULL, s.f.fd, &(loff_t){ 0 }, s.f.len, 0) ==
	       (ssize_t)s.f.len, "splice into the file");
	t_ok(t_dma_is(&s.p, s.mr, 0, s.f.len, 5),
	     "the peer sees what was spliced in");
	t_ok(t_slots_same(s.f.fd, before, PAGES), "the same folios all along");
	close(copy);
	t_scene_close(&s);
	t_done();
}
