// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file whose page cache tree has nodes of 64 slots in which one page
 * is under io and all others are shadows of pages that were reclaimed,
 * when the shrinker of shadow nodes runs again and again, and takes the nodes of
 * another file, in which there is nothing but shadows,
 * then no entry vanishes: pages, buffers and bytes are what they were, and the
 * file can be released, truncated and unmounted.
 *
 * Guards that an entry counts as a page and not as a value in a node:
 * workingset_update_node() and shadow_lru_isolate() of mm/workingset.c.
 */
#include <sys/mman.h>

#include "scene.h"

#define NODES	16U
#define PAGES	(NODES * 64)
/* The shrinker leaves as many as an eighth of the group's pages; these are more */
#define OTHERS	2048U

static struct t_scene s;

static unsigned int shadows(unsigned int node)
{
	struct t_slot slot[64];
	unsigned int n = 0;

	t_slots(s.f.fd, node * 64, 64, slot);
	for (int i = 0; i < 64; i++)
		n += !strcmp(slot[i].kind, "value");
	return n;
}

/* Bring in a page of each node; a hole reads as zeros, and is clean. */
static void read_others(int fd)
{
	char byte;

	for (unsigned int i = 0; i < OTHERS; i++)
		t_must(pread(fd, &byte, 1, i * 64 * T_PAGE) == 1, "read the other file");
}

/* Nodes that the shrinker has taken from the group. */
static long taken(void)
{
	return t_cgroup_stat("t_group", "workingset_nodereclaim");
}

int main(void)
{
	struct t_slot before[NODES];
	struct ibv_mr *mr[NODES];
	unsigned int seen = 0;
	bool same = true, right = true;
	long nodes;
	int other;

	t_begin();
	t_fs_make(64, "", "");
	t_cgroup_make("t_group");
	t_cgroup_enter("t_group");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	other = open(T_MNT "/other", O_RDWR | O_CREAT, 0666);
	t_must(other >= 0 && !ftruncate(other, OTHERS * 64 * T_PAGE) &&
	       !posix_fadvise(other, 0, 0, POSIX_FADV_RANDOM), "another file");
	t_pair_open(&s.p, t_device());
	for (unsigned int i = 0; i < NODES; i++) {
		mr[i] = t_reg_must(&s.p, s.f.map + i * 64 * T_PAGE, T_PAGE);
		t_dma_fill(&s.p, mr[i], 0, T_PAGE, 20 + i);
		t_slots(s.f.fd, i * 64, 1, &before[i]);
	}
	t_must(!madvise(s.f.map, s.f.len, MADV_DONTNEED), "unmap the pages");
	for (int round = 0; round < 8; round++) {
		/* Reclaim leaves shadows; drop_caches would only erase them */
		t_try_write_file("/sys/fs/cgroup/t_group/memory.reclaim", "256M");
		for (unsigned int i = 0; i < NODES && round == 0; i++)
			seen += shadows(i);
		/* Behind ours, if those were on the shrinker's list */
		if (round == 0) {
			read_others(other);
			t_try_write_file("/sys/fs/cgroup/t_group/memory.reclaim", "256M");
		}
		t_drop_caches(2);
	}
	t_ok(seen > NODES * 32, "reclaim left %u shadows", seen);
	/* More than ours, which would be the first */
	t_within(10, (nodes = taken()) > 4 * NODES);
	t_ok(nodes > 4 * NODES, "the shrinker took %ld nodes", nodes);
	for (unsigned int i = 0; i < NODES; i++) {
		same &= t_under_io(s.f.fd, i * 64, 1) &&
			t_slots_same(s.f.fd, &before[i], 1);
		right &= t_dma_is(&s.p, mr[i], 0, T_PAGE, 20 + i) &&
			 t_read_is(s.f.fd, i * 64 * T_PAGE, T_PAGE, 20 + i);
	}
	t_ok(same, "every page under io is where it was");
	t_ok(right, "with the peer's bytes");
	t_must(!fsync(s.f.fd), "fsync");
	for (unsigned int i = 0; i < NODES; i++) {
		right &= t_disk_is(s.f.fd, i * 64 * T_PAGE, T_PAGE, 20 + i);
		t_dereg(mr[i]);
	}
	t_ok(right, "fsync brings them to the disk");
	t_ok(!ftruncate(s.f.fd, 0), "the file can be truncated");
	close(other);
	t_scene_close(&s);
	t_ok(true, "and the file system unmounted");
	t_done();
}
