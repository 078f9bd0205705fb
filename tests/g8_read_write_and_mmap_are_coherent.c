// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file, a second mapping of it, and a second process,
 * when the peer writes, read() and both mappings and the process look; when
 * write(), a store, the process's store, or the peer's atomic change it, the
 * peer reads,
 * then everybody sees the same bytes at once, and no second folio ever comes
 * to an index: entries stay on the folios they were on.
 *
 * Guards the decoding in filemap_get_entry(), filemap_get_read_batch() and
 * next_uptodate_folio() of mm/filemap.c.
 */
#include <sys/mman.h>

#include "scene.h"

#define PAGES 8U

static struct t_scene s;
static struct t_gate ask, answered;

/* Another process: a fresh mapping, so that it has to fault each page. */
static void other(void *unused)
{
	unsigned char *map;
	int fd = open(s.f.path, O_RDWR);

	(void)unused;
	t_must(fd >= 0, "open");
	for (unsigned int seed = 5; seed < 8; seed++) {
		map = mmap(NULL, s.f.len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		t_must(map != MAP_FAILED, "mmap");
		t_gate_wait(&ask);
		t_must(t_is(map, s.f.len, seed), "the process sees the peer's bytes");
		t_must(t_read_is(fd, 0, s.f.len, seed), "and reads them");
		t_fill(map, s.f.len, seed + 10);
		t_gate_open(&answered);
		munmap(map, s.f.len);
	}
}

int main(void)
{
	struct t_slot before[PAGES];
	unsigned char *second;
	uint64_t old, now;
	pid_t pid;

	t_begin();
	t_scene_open(&s, PAGES, T_WRITTEN);
	second = mmap(NULL, s.f.len, PROT_READ | PROT_WRITE, MAP_SHARED, s.f.fd, 0);
	t_must(second != MAP_FAILED, "second mapping");
	t_slots(s.f.fd, 0, PAGES, before);

	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_ok(t_read_is(s.f.fd, 0, s.f.len, 2), "read() sees the peer's write");
	t_ok(t_is(s.f.map, s.f.len, 2) && t_is(second, s.f.len, 2),
	     "both mappings do");

	for (size_t off = 0; off < s.f.len; off += T_PAGE)
		t_must(pwrite(s.f.fd, "written", 7, off + 50) == 7, "write");
	t_must(!t_rdma_read(&s.p, s.mr, 3 * T_PAGE + 50, &now, 8), "RDMA read");
	t_ok(!memcmp(&now, "written", 7), "the peer sees write()");
	t_fill(second, s.f.len, 3);
	t_ok(t_dma_is(&s.p, s.mr, 0, s.f.len, 3), "the peer sees a store");

	if (!t_is_iwarp()) {
		memcpy(&old, second + T_PAGE, 8);
		t_must(!t_fetch_add(&s.p, s.mr, T_PAGE, 77), "RDMA atomic");
		memcpy(&now, s.f.map + T_PAGE, 8);
		t_ok(now == old + 77, "the mapping sees the peer's atomic");
	}
	t_fill(second, 1000, 9);
	t_must(!t_send_into(&s.p, s.mr, T_PAGE - 500, second, 1000), "send");
	t_ok(t_is(second + T_PAGE - 500, 1000, 9),
	     "a message received into the pages is there");

	t_gate_make(&ask);
	t_gate_make(&answered);
	pid = t_fork(other, NULL);
	for (unsigned int seed = 5; seed < 8; seed++) {
		t_dma_fill(&s.p, s.mr, 0, s.f.len, seed);
		t_gate_open(&ask);
		t_gate_wait(&answered);
		t_ok(t_dma_is(&s.p, s.mr, 0, s.f.len, seed + 10),
		     "the peer sees the other process's store");
	}
	t_ok(t_join(pid, 20), "the other process saw every write of the peer");
	t_ok(t_slots_same(s.f.fd, before, PAGES), "the same folios all along");
	munmap(second, s.f.len);
	t_scene_close(&s);
	t_done();
}
