// SPDX-License-Identifier: GPL-2.0
/*
 * Given registered pages, and the blocks of memory that they are in,
 * when each of these blocks is to be taken offline, while the peer writes,
 * then none goes offline, whether the kernel refuses or is seen to try until it
 * is stopped; pages keep their folios, frames and bytes, and fsync writes them.
 *
 * Guards that migration finds the pin: folio_maybe_dma_pinned() and the
 * expected reference count.
 */
#include <signal.h>
#include <sys/mman.h>

#include "scene.h"

#define PAGES	256U
#define MEMORY	"/sys/devices/system/memory"

static struct t_scene s;
static unsigned long pfn[PAGES], block;	/* bytes in one */

static void take_offline(void *state)
{
	errno = t_try_write_file(state, "offline");
	t_must(errno, "the kernel refuses");
	t_note("refused: %s", strerror(errno));
}

static bool state_is(const char *state, const char *wanted)
{
	char text[16] = "";
	FILE *file = fopen(state, "r");

	t_must(file && fgets(text, sizeof(text), file), "read %s", state);
	fclose(file);
	text[strcspn(text, "\n")] = 0;
	return !strcmp(text, wanted);
}

/* The peer goes on while the kernel tries, for as long as three seconds. */
static void try(unsigned long number)
{
	bool trying = false;
	char state[64];
	pid_t pid;
	double end;

	snprintf(state, sizeof(state), MEMORY "/memory%lu/state", number);
	t_must(state_is(state, "online"), "memory%lu is online", number);
	pid = t_fork(take_offline, state);
	for (end = t_deadline(3); !t_over(end) && !t_ended(pid); ) {
		t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
		trying |= state_is(state, "going-offline");
	}
	if (t_ended(pid)) {
		t_ok(t_join(pid, 1), "memory%lu: refused", number);
	} else {
		t_kill(pid);
		t_ok(trying, "memory%lu: in vain for a while", number);
	}
	t_ok(state_is(state, "online"), "memory%lu is online", number);
}

int main(void)
{
	struct t_slot before[PAGES];
	bool stayed = true, tried[64] = { false };
	FILE *file;

	t_begin();
	t_scene_open(&s, PAGES, T_WRITTEN);
	file = fopen(MEMORY "/block_size_bytes", "r");
	t_must(file && fscanf(file, "%lx", &block) == 1, "the size of a block");
	fclose(file);
	t_slots(s.f.fd, 0, PAGES, before);
	t_fill(s.f.map, s.f.len, 1);
	for (unsigned int i = 0; i < PAGES; i++)
		pfn[i] = t_pfn(s.f.map + i * T_PAGE);
	for (unsigned int i = 0; i < PAGES; i++) {
		unsigned long number = pfn[i] * T_PAGE / block;

		t_must(number < 64, "a block with a small number");
		if (!tried[number])
			try(number);
		tried[number] = true;
	}
	for (unsigned int i = 0; i < PAGES; i++)
		stayed &= t_pfn(s.f.map + i * T_PAGE) == pfn[i];
	t_ok(stayed, "every page kept its frame");
	t_ok(t_under_io(s.f.fd, 0, PAGES) && t_slots_same(s.f.fd, before, PAGES),
	     "the same folios are under io");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 3);
	t_ok(t_is(s.f.map, s.f.len, 3), "CPU and peer share them");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 3),
	     "fsync writes every byte");
	t_scene_close(&s);
	t_done();
}
