// SPDX-License-Identifier: GPL-2.0
/*
 * Given a file of which the peer has written registered pages, and for comparison
 * one of which a process has written ordinary pages by its mapping, and a disk
 * whose writes of data fail,
 * when syncfs, sync_file_range or a write to an O_SYNC descriptor has to write
 * them, and is called once more when the disk works again, and by others, too,
 * then the first answer is EIO, every answer for the registered pages is that for
 * the ordinary ones, the pages have stayed under io, and the disk has the peer's
 * bytes.
 *
 * Guards ext4_finish_bio() for snapshots: the error is noted for the file and for
 * the file system.
 */
#include "bad_disk.h"
#include "scene.h"

#define PAGES	8U

static struct t_scene s;
static unsigned int seed = 1;

static int sync_range(int fd)
{
	return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE_AND_WAIT);
}

/* Bytes that are there already, to an O_SYNC descriptor. */
static int write_first_page(int fd)
{
	unsigned char page[T_PAGE];

	t_fill(page, T_PAGE, seed);
	return pwrite(fd, page, T_PAGE, 0) < 0 ? -1 : 0;
}

static const struct call {
	const char *name;
	int (*fn)(int fd);
} calls[] = {
	{ "syncfs", syncfs },
	{ "sync_file_range", sync_range },
	{ "a write to an O_SYNC descriptor", write_first_page },
};

/*
 * All the answers to one call: on the bad disk; then on the good one, each with
 * that of fsync after it, of the same descriptor, of one that was open, too, and
 * of one opened since. Free it.
 */
static char *answers(const struct call *call)
{
	int fd[3], err[7];
	char *text;

	for (int i = 0; i < 2; i++)
		fd[i] = open(s.f.path, O_RDWR | O_SYNC);
	/* Hear of what came before, so that it is not told again */
	t_must(fd[0] >= 0 && fd[1] >= 0 && !fsync(fd[0]) && !fsync(fd[1]), "fsync");
	(void)syncfs(fd[0]);
	(void)syncfs(fd[1]);
	seed++;
	if (s.mr)
		t_dma_fill(&s.p, s.mr, 0, s.f.len, seed);
	else
		t_fill(s.f.map, s.f.len, seed);

	t_bad_disk(T_DISK_NO_WRITES);
	err[0] = call->fn(fd[0]) ? errno : 0;
	t_bad_disk(T_DISK_GOOD);
	fd[2] = open(s.f.path, O_RDWR | O_SYNC);
	t_must(fd[2] >= 0, "open");
	for (int i = 0; i < 3; i++) {
		err[1 + i * 2] = call->fn(fd[i]) ? errno : 0;
		err[2 + i * 2] = fsync(fd[i]) ? errno : 0;
		close(fd[i]);
	}
	t_must(asprintf(&text, "%s; again %s/%s, another one %s/%s, a new one %s/%s",
			strerrorname_np(err[0]), strerrorname_np(err[1]),
			strerrorname_np(err[2]), strerrorname_np(err[3]),
			strerrorname_np(err[4]), strerrorname_np(err[5]),
			strerrorname_np(err[6])) > 0, "asprintf");
	return text;
}

static void compare(const struct call *call)
{
	char *ordinary, *registered;

	t_file_make(&s.f, "file", PAGES * T_PAGE, T_WRITTEN);
	ordinary = answers(call);
	/* This descriptor has yet to hear of the error */
	t_must(fsync(s.f.fd) && !fsync(s.f.fd), "fsync");
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	registered = answers(call);
	t_note("ordinary:   %s", ordinary);
	t_note("registered: %s", registered);
	t_ok(!strncmp(ordinary, "EIO", 3), "%s says EIO", call->name);
	t_ok(!strcmp(ordinary, registered),
	     "%s: for registered pages it is as for ordinary ones", call->name);
	t_ok(t_under_io(s.f.fd, 0, PAGES) &&
	     t_disk_is(s.f.fd, 0, s.f.len, seed),
	     "%s: they stay under io, and the disk has the peer's bytes", call->name);
	t_dereg(s.mr);
	s.mr = NULL;
	t_file_close(&s.f);
	free(ordinary);
	free(registered);
}

int main(void)
{
	t_begin();
	t_bad_disk_open(64, "");
	t_pair_open(&s.p, t_device());
	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		compare(&calls[i]);
	t_pair_close(&s.p);
	t_done();
}
