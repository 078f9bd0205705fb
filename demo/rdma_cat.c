// SPDX-License-Identifier: GPL-2.0
/*
 * rdma_cat FILE: like cat >FILE, but the bytes go by RDMA.
 *
 * Maps FILE, which must be long enough, and registers the mapping. A queue pair
 * connected to one of ours is the peer: it has no mapping of the file, and
 * writes what comes on standard input into the region, block by block. The
 * region stays registered until the input ends.
 *
 * The device is the one of the environment's T_DEVICE, rxe0 without it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"
#include "verbs_pair.h"

static int complain(const char *what)
{
	fprintf(stderr, "rdma_cat: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	static char block[64 << 10];
	struct ibv_mr *mr;
	struct t_pair p;
	struct stat st;
	size_t off = 0;
	ssize_t n;
	void *map;
	int fd;

	if (argc != 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: rdma_cat FILE <INPUT\n");
		return argc == 2 && !strcmp(argv[1], "--help") ? 0 : 2;
	}
	fd = open(argv[1], O_RDWR);
	if (fd < 0 || fstat(fd, &st))
		return complain(argv[1]);
	map = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return complain("mmap");

	t_pair_open(&p, t_device());
	mr = t_reg(&p, map, st.st_size);
	if (!mr)
		return complain("ibv_reg_mr");

	while ((n = read(STDIN_FILENO, block, sizeof(block))) > 0) {
		if (n > st.st_size - (off_t)off) {
			errno = EFBIG;
			return complain(argv[1]);
		}
		if (t_rdma_write(&p, mr, off, block, n)) {
			errno = EIO;
			return complain("RDMA write");
		}
		off += n;
	}
	if (n < 0)
		return complain("standard input");

	t_dereg(mr);
	t_pair_close(&p);
	return 0;
}
