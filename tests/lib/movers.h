/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations that move a file's blocks, give them to somebody else, or rely on
 * nobody writing to the file's pages. Each undoes what it can.
 */
#ifndef T_MOVERS_H
#define T_MOVERS_H

#include "file_buf.h"

#define T_MOVER_PAGES	64U	/* the size of both files */

/* The donor takes part in the first two; both files have T_MOVER_PAGES. */
struct t_mover {
	const char *name;
	int (*call)(struct t_file *f, struct t_file *donor);	/* 0 or -1, errno */
};

extern const struct t_mover t_movers[];
extern const unsigned int t_nr_movers;

/* The file and its donor, the file with a swap file's header in its first page. */
void t_mover_files(struct t_file *f, struct t_file *donor);

#endif
