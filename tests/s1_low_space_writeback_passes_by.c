// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file that the peer has written to, the flusher's clock
 * stopped, and another file whose reserved blocks take most of the free space,
 * when ext4, short of space, has all dirty pages written to learn what they
 * really take,
 * then the other file and a dirty page beside the pinned ones get to the disk,
 * which shows that it happened, and not one byte under io does.
 *
 * Guards mpage_prepare_extent_to_map() of fs/ext4/inode.c: this pass of
 * background writeback goes by the TOWRITE mark, which pages under io have.
 */
#include "scene.h"

#define PAGES	8U
#define PINNED	(PAGES * T_PAGE)
#define CHUNK	(64UL << 10)
#define MOST	(24UL << 20)

int main(void)
{
	unsigned char *buf = malloc(CHUNK);
	struct t_scene s = { .mr = NULL };
	struct t_slot before[PAGES];
	bool seen;
	int other;

	t_begin();
	t_write_file("/proc/sys/vm/dirty_writeback_centisecs", "0");
	t_fs_make(32, "", "");
	/* One page more, dirty and not pinned, so that there is work to do */
	t_file_make(&s.f, "file", PINNED + T_PAGE, T_WRITTEN);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, PINNED);
	t_dma_fill(&s.p, s.mr, 0, PINNED, 2);
	t_fill(buf, T_PAGE, 4);
	t_must(pwrite(s.f.fd, buf, T_PAGE, PINNED) == (long)T_PAGE, "write");
	t_slots(s.f.fd, 0, PAGES, before);

	other = open(T_MNT "/other", O_RDWR | O_CREAT, 0600);
	t_must(other >= 0, "create the other file");
	t_fill(buf, CHUNK, 3);
	for (size_t off = 0; off < MOST; off += CHUNK)
		if (pwrite(other, buf, CHUNK, off) != (ssize_t)CHUNK)
			break;
	seen = t_within(20, t_disk_is(other, 0, CHUNK, 3));
	t_ok(seen, "nobody synced, and the other file is on the disk");
	t_ok(t_within(20, t_disk_is(s.f.fd, PINNED, T_PAGE, 4)),
	     "so is the page that is not pinned");
	t_ok(t_disk_is(s.f.fd, 0, PINNED, 1), "not a byte under io is");
	t_ok(t_under_io(s.f.fd, 0, PAGES) && t_slots_same(s.f.fd, before, PAGES),
	     "pages and buffers are what they were");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, PINNED, 2),
	     "fsync brings them there");
	free(buf);
	close(other);
	t_scene_close(&s);
	t_done();
}
