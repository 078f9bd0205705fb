// SPDX-License-Identifier: GPL-2.0
/*
 * Given trace events at both ends of the entry's and of the DMA mapping's life,
 * when a file of 24 pages is registered and deregistered,
 * then every page got its entry before the mapping was made, and no page lost
 * it before the mapping was gone.
 *
 * Guards the order of steps in umem_pin_get() and umem_pin_release().
 */
#include <sys/stat.h>

#include "scene.h"

#define PAGES 24U

/* How many pages the events of this kind on @ino before @end covered. */
static unsigned int pages_before(const char *trace, const char *end,
				 const char *event, unsigned long ino)
{
	unsigned int n = 0;

	while ((trace = t_trace_find(trace, event, "ino", ino)) && trace < end) {
		const char *nr = strstr(trace, " nr");

		t_must(nr, "the event says how many pages");
		n += strtoul(nr + 4, NULL, 0);
		trace++;
	}
	return n;
}

int main(void)
{
	const char *map, *unmap, *end;
	struct t_scene s = { .mr = NULL };
	unsigned long ino, addr;
	struct stat st;
	char *trace;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	t_must(!fstat(s.f.fd, &st), "fstat");
	ino = st.st_ino;
	addr = (uintptr_t)s.f.map;
	t_pair_open(&s.p, t_device());
	t_trace_start("pui:pui_start pui:pui_end umem_pin:umem_pin_dma_map "
		      "umem_pin:umem_pin_dma_unmap");
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_dereg(s.mr);
	s.mr = NULL;
	t_must(t_nothing_under_io(), "nothing is under io");
	trace = t_trace_stop();
	end = trace + strlen(trace);

	map = t_trace_find(trace, "umem_pin_dma_map", "addr", addr);
	unmap = t_trace_find(trace, "umem_pin_dma_unmap", "addr", addr);
	t_ok(map && unmap && map < unmap, "mapped for DMA, then unmapped");
	t_must(map && unmap, "both events are there: %s", trace);
	t_ok(pages_before(trace, map, "pui_start", ino) == PAGES,
	     "every page was under io before the mapping");
	t_ok(pages_before(trace, unmap, "pui_end", ino) == 0,
	     "no page left before the mapping was gone");
	t_ok(pages_before(trace, end, "pui_start", ino) == PAGES &&
	     pages_before(trace, end, "pui_end", ino) == PAGES,
	     "each page came and went once");
	free(trace);
	t_scene_close(&s);
	t_done();
}
