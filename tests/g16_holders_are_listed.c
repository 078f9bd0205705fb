// SPDX-License-Identifier: GPL-2.0
/*
 * Given regions of two files, of this process and of another one that has
 * unlinked its file,
 * when an administrator reads page_under_io/holders in debugfs, and asks
 * "rdma resource show mr",
 * then there is a line a range with process, command, device, file, path,
 * bytes, age, and whether it has lost some; netlink names the file; each line
 * goes with its region.
 *
 * Guards the list of ranges, and umem_pin_fill_res() with its callers.
 */
#include <linux/falloc.h>
#include <sys/stat.h>
#include <time.h>

#include "scene.h"

#define HOLDERS	"/sys/kernel/debug/page_under_io/holders"

struct holder {
	int pid;
	char command[64], device[64], file[64], bytes[64], lost[16], path[256];
	long long since;
};

/* The line of @pid whose path begins with @path; how many lines there are. */
static int look(int pid, const char *path, struct holder *found)
{
	FILE *file = fopen(HOLDERS, "r");
	struct holder h;
	char line[1024];
	int n = 0;

	t_must(file && fgets(line, sizeof(line), file), "open " HOLDERS);
	memset(found, 0, sizeof(*found));
	while (fgets(line, sizeof(line), file)) {
		t_must(sscanf(line, "%d %63s %63s %63s %63s %15s %lld %255[^\n]",
			      &h.pid, h.command, h.device, h.file, h.bytes,
			      h.lost, &h.since, h.path) == 8, "line %s", line);
		n++;
		if (h.pid == pid && !strncmp(h.path, path, strlen(path)))
			*found = h;
	}
	fclose(file);
	return n;
}

static struct t_gate ready, over;

static void other(void *arg)
{
	struct t_scene s = { .mr = NULL };

	(void)arg;
	t_file_make(&s.f, "other", 4 * T_PAGE, T_HOLE);
	t_must(!unlink(s.f.path), "unlink");
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, 4 * T_PAGE);
	t_gate_open(&ready);
	t_gate_wait(&over);
	t_dereg(s.mr);
	t_pair_close(&s.p);
}

int main(void)
{
	char want[128], shown[8192] = "";
	struct t_scene s = { .mr = NULL };
	struct holder h;
	struct stat st;
	FILE *rdma;
	pid_t pid;

	t_begin();
	t_fs_make(64, "", "");
	t_gate_make(&ready);
	t_gate_make(&over);
	t_ok(look(getpid(), "", &h) == 0, "no line without a region");
	pid = t_fork(other, NULL);
	t_gate_wait(&ready);
	t_file_make(&s.f, "ours", 8 * T_PAGE, T_HOLE);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map + T_PAGE + 10, 3 * T_PAGE);

	t_ok(look(getpid(), T_MNT "/ours", &h) == 2, "a line a range");
	t_must(!fstat(s.f.fd, &st), "fstat");
	snprintf(want, sizeof(want), "%u:%u:%lu", (unsigned int)(st.st_dev >> 8),
		 (unsigned int)(st.st_dev & 0xff), st.st_ino);
	t_ok(!strcmp(h.file, want), "device and inode: %s", h.file);
	snprintf(want, sizeof(want), "%lu-%lu", T_PAGE + 10, 4 * T_PAGE + 9);
	t_ok(!strcmp(h.bytes, want), "bytes: %s", h.bytes);
	t_ok(!strncmp("g16_holders_are_listed", h.command, 15), "command: %s",
	     h.command);
	t_ok(!strcmp(h.device, t_device()), "RDMA device: %s", h.device);
	t_ok(!strcmp(h.lost, "none"), "nothing lost");
	t_ok(h.since <= time(NULL) && h.since > time(NULL) - 600, "since: %lld",
	     h.since);
	look(pid, T_MNT "/other", &h);
	t_ok(h.pid == pid && strstr(h.path, "deleted"), "the other's: %s", h.path);

	t_must(!fallocate(s.f.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			  2 * T_PAGE, T_PAGE), "punch");
	look(getpid(), T_MNT "/ours", &h);
	t_ok(!strcmp(h.lost, "part"), "after a punch: part is lost");
	t_must(!ftruncate(s.f.fd, 0), "truncate");
	look(getpid(), T_MNT "/ours", &h);
	t_ok(!strcmp(h.lost, "all"), "after a truncate: all");

	rdma = popen("rdma resource show mr -dd", "r");
	t_must(rdma && fread(shown, 1, sizeof(shown) - 1, rdma), "rdma");
	pclose(rdma);
	snprintf(want, sizeof(want), "file_ino %lu", st.st_ino);
	t_ok(strstr(shown, want) && strstr(shown, "file_dev vdb"),
	     "rdma resource names the file");

	t_dereg(s.mr);
	s.mr = NULL;
	t_gate_open(&over);
	t_ok(t_join(pid, 20), "the other has ended");
	t_ok(t_within(10, look(0, "", &h) == 0), "no line without a region");
	t_scene_close(&s);
	t_done();
}
