/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages under io, as a model for SPIN: what mm/page_under_io.c, the page cache,
 * ext4 and rxe do to one page, step by step, in every order there is.
 *
 * Read it beside the code: an inline stands for the function of that name, a
 * step for what nobody else can see the middle of.
 *
 *   atomic, d_step   a section under the i_pages lock, or one memory access
 *   ;                anybody else may run here
 *
 * What there is
 *
 *   A file of one page and two bytes, 1 and 2: a set of bytes is a number from
 *   0 to 3.  A byte is 0 until a device writes it, and then 1.  Two folios, so
 *   that one can be in the hands of a holder and another one in the cache.
 *   Two holders: A has both bytes in its range, B has byte 2.
 *
 * What is run is said by macros; checks/model knows which of them make sense:
 *
 *   A, B                 holders
 *   FSYNC, FSYNC2, SYNC  integrity writeback: fsync(2), once more, sync(2)
 *   FLUSH                background writeback
 *   READ                 read(2), the lookup
 *   TRUNCATE             an operation that revokes
 *   FIRM                 B's driver cannot revoke
 *
 * DROP_x leaves the rule x out.  The H are hazards; each is named again where it
 * is met.
 */

/* --- what must hold; SPIN's message has the name ------------------------- */

/* S1: dirty, DIRTY mark off, TOWRITE mark on */
hidden byte page_under_io_is_dirty;
hidden byte page_under_io_has_its_marks;
/* S2, S3: the entry comes before DMA and leaves with the last range */
hidden byte covered_page_is_under_io;
hidden byte entry_leaves_with_the_last_range;
/* G7 */
hidden byte entry_outlives_the_last_dma;
/* G8 */
hidden byte no_second_folio;
hidden byte read_is_coherent;
/* G9, G12 */
hidden byte page_leaves_the_file_as_an_ordinary_one;
hidden byte no_write_into_freed_blocks;
hidden byte no_use_after_free;
/* G10 */
hidden byte no_page_under_dma_in_a_bio;
hidden byte sync_keeps_its_promise;
/* G12 */
hidden byte no_dma_into_lost_bytes;
hidden byte nothing_truncated_comes_back;
hidden byte registration_is_before_or_after;
hidden byte range_outlives_its_revoke;
hidden byte refusal_changes_nothing;
/* G17, G18 */
hidden byte no_lost_byte;
hidden byte all_is_given_back;

#define check(property, condition)	property = (condition); assert(property)

/* --- the page cache ------------------------------------------------------ */

#define PAGE	3	/* both bytes */
#define NULL	0	/* no folio; they are 1 and 2 */

/* include/linux/page_under_io.h */
#define pui_make_entry(folio)	((folio) | 4)
#define pui_is_entry(entry)	((entry) & 4)
#define pui_entry_folio(entry)	((entry) & 3)

typedef folio_t {
	bit locked;
	bit dirty;
	bit buffers;	/* dirty: the file system has been asked, has a block */
	bit writeback;
	bit bio;	/* it is itself in a bio, not a snapshot of it */
	byte ref;
	byte data
};
folio_t folios[3];

byte slot;			/* mapping->i_pages */
bit DIRTY, TOWRITE, WRITEBACK;	/* its marks */
byte i_size = PAGE;
byte disk;
bit i_state;			/* I_DIRTY_PAGES */
bit i_lock;
byte i_rwsem, invalidate_lock;	/* readers, or */
#define WRITER	255

/* What the file's bytes are, whoever keeps them. */
byte file;

/* --- holders ------------------------------------------------------------- */

typedef range_t {	/* struct pui_range, and the pin it is in */
	bit open;	/* in the tree */
	bit first, next;/* window */
	byte lost;
	bit revoke;	/* in the list of a revoke that is under way */
	bit live;	/* the driver has it: mapped for DMA */
	bit copying;	/* the device is between its test and its copy */
	byte page	/* pinned */
};
range_t ranges[2];

#define bytes(h)	(PAGE - (h))	/* A is 0 and has 3, B is 1 and has 2 */
#ifdef FIRM
#define can_revoke(h)	((h) == 0)
#else
#define can_revoke(h)	true
#endif

#define pui_test_mapping()	(ranges[0].open || ranges[1].open)
#define window(h)		(ranges[h].open && ranges[h].first < ranges[h].next)
/* A byte that is lost covers nothing, once its holder has been told. */
#ifdef DROP_TOLD
#define pui_covers(h)		(window(h) && (bytes(h) & ~ranges[h].lost))
#else
#define pui_covers(h)		(window(h) && ((bytes(h) & ~ranges[h].lost) || ranges[h].revoke))
#endif
#define pui_covered()		(pui_covers(0) || pui_covers(1))

byte want[3];	/* what a sync call has promised */
byte running;	/* processes */

/* --- locks --------------------------------------------------------------- */

inline down_read(sem)	{ atomic { sem != WRITER -> sem++ } }
inline up_read(sem)	{ sem-- }
inline down_write(sem)	{ atomic { sem == 0 -> sem = WRITER } }
inline up_write(sem)	{ sem = 0 }
inline folio_lock(f)	{ atomic { !folios[f].locked -> folios[f].locked = 1 } }
inline folio_unlock(f)	{ folios[f].locked = 0 }
inline folio_wait_writeback(f)	{ !folios[f].writeback }
inline folio_put(f)
{
	d_step { check(no_use_after_free, folios[f].ref); folios[f].ref--; f = NULL }
}

inline __mark_inode_dirty()
{
	atomic { i_state || !i_lock -> i_state = 1 }
}

/* --- lookup -------------------------------------------------------------- */

/* Under the i_pages lock: a new folio, in the cache, with a reference. */
inline filemap_add_folio(f)
{
	f = (folios[1].ref -> 2 : 1);
	check(no_use_after_free, !folios[f].ref);
	folios[f].ref = 2;
	folios[f].data = disk;
	slot = f
}

/*
 * @f: the folio with a reference, or NULL.  The entry is compared, not the
 * folio (H14).
 */
inline filemap_get_entry(f, entry, marked)
{
	do
	:: atomic {
		entry = (marked -> slot : NULL);
		f = pui_entry_folio(entry);
		if
		:: !f -> break
		:: else
		fi
	   }
	   atomic {	/* folio_try_get() */
		if
		:: folios[f].ref -> folios[f].ref++
		:: else -> f = NULL
		fi
	   }
	   atomic {	/* xas_reload() */
		if
		:: f && entry == slot -> break
		:: f && entry != slot -> folios[f].ref--; f = NULL
		:: else
		fi
	   }
	od
}

/* filemap_fault(), filemap_create_folio(): NULL if past the end of the file */
inline filemap_get_or_create_folio(f, entry)
{
	do
	:: filemap_get_entry(f, entry, true);
	   if
	   :: f -> break
	   :: else
	   fi;
	   atomic {	/* invalidate_lock, shared */
		invalidate_lock != WRITER ->
		if
		:: !i_size -> break
		:: i_size && !slot -> filemap_add_folio(f); break
		:: else
		fi
	   }
	od
}

/* --- start and end of io ------------------------------------------------- */

/* pui_start_node() and pui_start_marks(), for one page */
inline pui_start_page(f)
{
	slot = pui_make_entry(f);
#ifndef DROP_H10
	TOWRITE = 1;	/* H10: always, until the page has been written as an ordinary one */
#endif
	DIRTY = 0
}

/* TOWRITE stays, for an integrity pass that is under way (H11). */
inline pui_end_entry(f)
{
	slot = f;
#ifdef DROP_H11
	TOWRITE = 0;
#endif
	DIRTY = 1
}

/* Under the i_pages lock, which is why the folio lock can only be tried. */
inline pui_start_folio(f, ready)
{
#ifdef DROP_H1
	ready = folios[f].dirty && !folios[f].writeback && folios[f].buffers;
#else
	ready = !folios[f].locked &&	/* folio_trylock(): H1 */
#ifdef DROP_H3
		true;
#else
		folios[f].dirty && !folios[f].writeback && folios[f].buffers; /* H3 */
#endif
#endif
	if
	:: ready -> pui_start_page(f)
	:: else
	fi
}

/* @ready: the page is under io for @me; @f is a scratch variable */
inline pui_start_batch(me, f, ready)
{
	d_step {
		ready = 0;
		f = pui_entry_folio(slot);
		if
#ifndef DROP_RESTART
		:: ranges[me].lost
#endif
		:: else ->
			if
			:: pui_is_entry(slot) -> ready = 1
			:: !pui_is_entry(slot) && f -> pui_start_folio(f, ready)
			:: else
			fi
		fi;
		if
		:: ready ->
			ranges[me].page = f;	/* pui_pin() */
			folios[f].ref++;
			ranges[me].next = 1
		:: else
		fi;
		f = NULL
	}
}

/*
 * A write fault: the page comes into the cache and ->page_mkwrite makes it
 * dirty, unless it is dirty already.
 */
inline pui_fault(f, entry)
{
	filemap_get_or_create_folio(f, entry);
	if
	:: f && !folios[f].dirty ->
		/* ext4_page_mkwrite() */
		down_read(invalidate_lock);
		folio_lock(f);
		if
		:: pui_entry_folio(slot) == f ->
			folio_wait_writeback(f);
			d_step { folios[f].buffers = 1; folios[f].dirty = 1 }
			__folio_mark_dirty(f);
			__mark_inode_dirty()
		:: else	/* truncated */
		fi;
		folio_unlock(f);
		up_read(invalidate_lock)
	:: f && folios[f].dirty
	:: else
	fi;
	if
	:: f ->
		folio_wait_writeback(f);
		!folios[f].locked;
		folio_put(f)	/* unpin_user_pages() */
	:: else
	fi
}

inline __folio_mark_dirty(f)
{
	d_step {
		if
		:: pui_entry_folio(slot) == f && !pui_is_entry(slot) -> DIRTY = 1
		:: else	/* a page under io has no DIRTY mark */
		fi
	}
}

/*
 * One section under the i_pages lock: the window shrinks, then the folio is
 * turned back if no window covers it any more, then the pin goes.
 */
inline pui_end_batch(me, covered)
{
#ifdef DROP_H12
	covered = pui_covers(1 - me);	/* asked before one's own window is gone */
#endif
#ifdef DROP_H13
	atomic { ranges[me].first = 1; covered = pui_covered() }
#endif
	d_step {
		ranges[me].first = 1;		/* H12: first this, */
#if defined(DROP_H12)
		covered = covered || pui_covered();
#elif !defined(DROP_H13)
		covered = pui_covered();	/* H13: then this, in one section */
#endif
		if
		:: slot == pui_make_entry(ranges[me].page) && !covered ->
			pui_end_entry(ranges[me].page)
		:: else	/* H8: not ours any more */
		fi;
		folios[ranges[me].page].ref--;	/* pui_unpin() */
		ranges[me].page = NULL;
		covered = 0
	}
}

/* A revoke that is under way has the range in its list. */
inline pui_finish(me)
{
	ranges[me].open = 0;
#ifdef DROP_WAIT
	d_step {
#else
	d_step { !ranges[me].revoke ->
#endif
		ranges[me].first = 0;
		ranges[me].next = 0;
		ranges[me].lost = 0
	}
	__mark_inode_dirty()
}

/* --- a region: from ibv_reg_mr() to ibv_dereg_mr() ----------------------- */

proctype holder(byte me)
{
	byte f, entry, b;
	bit ready;

	/* umem_pin_get() */
again:
	/* pui_prepare() */
#ifndef DROP_H4
	down_read(i_rwsem);		/* H4 */
#endif
	if
	:: !i_size ->			/* pui_check_inode(): -EFAULT */
		up_read(i_rwsem);
		goto out
	:: else
	fi;
	ranges[me].open = 1;
#ifndef DROP_H4
	up_read(i_rwsem);
#endif
	__mark_inode_dirty();

	/* pui_start() */
	do
	:: pui_start_batch(me, f, ready);
	   if
	   :: ready -> break
	   :: !ready && ranges[me].lost -> break
	   :: else -> pui_fault(f, entry)
	   fi
	od;

	atomic {			/* umem_pin_map(), when all is mapped */
		if
#ifndef DROP_RESTART
		:: ranges[me].lost -> ready = 0
#endif
		:: else -> ranges[me].live = 1
		fi
	};
	if
	:: !ranges[me].live ->		/* revoked meanwhile: start over */
		if
		:: ranges[me].page -> pui_end_batch(me, ready)
		:: else
		fi;
		pui_finish(me);
		goto again
	:: else
	fi;

	/* The device, and rxe's tasks: copy_data(), rxe_mr_copy() */
	if
	:: b = 1
	:: b = 2
	:: skip				/* no write at all */
	fi;
	if
	:: b & bytes(me) ->
		ranges[me].copying = 1;		/* rcu_read_lock() */
		if
		:: ranges[me].lost & b		/* umem_pin_test_lost() */
		:: !(i_size & b)		/* undefined, as for mmap() */
		:: else ->
			d_step {
				check(no_dma_into_lost_bytes,
				      !(ranges[me].lost & b) || ranges[me].revoke);
				check(no_second_folio, pui_entry_folio(slot) == ranges[me].page);
				check(no_page_under_dma_in_a_bio, !folios[ranges[me].page].bio);
				folios[ranges[me].page].data = folios[ranges[me].page].data | b;
				file = file | b
			}
		fi;
		ranges[me].copying = 0		/* rcu_read_unlock() */
	:: else
	fi;

	/* umem_pin_release() */
	ranges[me].live = 0;			/* DMA unmapped */
	pui_end_batch(me, ready);
	pui_finish(me);
out:
	running--
}

/* --- writeback ----------------------------------------------------------- */

mtype = { by_fsync, by_sync, by_flusher };

inline __folio_start_writeback(f)
{
	d_step {
		folios[f].writeback = 1;
		WRITEBACK = 1;
		if
		:: !folios[f].dirty -> DIRTY = 0
		:: else
		fi;
		if
#ifndef DROP_H9
		:: pui_is_entry(slot)	/* H9: TOWRITE stays */
#endif
		:: else -> TOWRITE = 0
		fi
	}
}

inline folio_end_writeback(f)
{
	folios[f].writeback = 0;
	WRITEBACK = 0
}

/* mpage_submit_folio(), ext4_bio_write_folio(): @f is locked */
inline mpage_submit_folio(f, pui, valid, snapshot)
{
	pui = (slot == pui_make_entry(f));	/* asked once: H7 */
	if
	:: !pui -> folios[f].dirty = 0		/* folio_clear_dirty_for_io() */
	:: else
	fi;
	valid = i_size;
#ifdef DROP_H7
	pui = (slot == pui_make_entry(f));
#endif
	if
	:: !valid || !folios[f].buffers ->	/* nothing to submit */
		folios[f].buffers = 0;
		__folio_start_writeback(f);
		d_step { folio_end_writeback(f) }
		folio_unlock(f)
	:: else ->
		d_step {
			if
			:: !pui ->
				folios[f].data = folios[f].data & valid;
				folios[f].buffers = 0
			:: else
			fi
		}
		__folio_start_writeback(f);
		d_step {
			if
#ifndef DROP_SNAPSHOT
			:: pui -> snapshot = folios[f].data & valid	/* pui_snapshot() */
#endif
			:: else -> pui = 0; folios[f].bio = 1
			fi
		}
		folio_unlock(f);
		d_step {			/* the disk, then ext4_finish_bio() */
			check(no_write_into_freed_blocks, pui_entry_folio(slot) == f);
			disk = (pui -> snapshot : folios[f].data);
			folios[f].bio = 0;
			snapshot = 0;
			folio_end_writeback(f)
		}
	fi
}

/* One call of fsync(2) or sync(2), or one visit of the flusher. */
proctype writepages(byte me; mtype how)
{
	byte f, entry, valid, snapshot;
	bit pui, marked;

	want[me] = (how == by_flusher -> 0 : file);

	/* The flusher and sync(2) look for dirty inodes. */
	if
	:: how == by_fsync
	:: how != by_fsync ->
		if
		:: atomic { !i_lock && i_state }
		:: atomic { !i_lock && !i_state -> goto wait }
		fi
	fi;

	/* filemap_fdatawrite_wbc(), ext4_do_writepages(): is there anything? */
	marked = DIRTY;
	if
	:: marked
#ifdef DROP_GATE
	:: !marked && how != by_flusher && pui_test_mapping()
#else
	:: !marked && how != by_flusher && TOWRITE
#endif
	:: else -> goto written
	fi;

	if
	:: how != by_flusher ->
#ifdef DROP_H10
		/* no sticky mark: walk the ranges, then what is marked DIRTY */
		d_step {
			if
			:: pui_is_entry(slot) -> TOWRITE = 1
			:: else
			fi
		}
#endif
		/* tag_pages_for_writeback() */
		d_step {
			if
			:: DIRTY -> TOWRITE = 1
			:: else
			fi
		}
		filemap_get_entry(f, entry, TOWRITE)
	:: else ->
		filemap_get_entry(f, entry, DIRTY)
	fi;

	/* mpage_prepare_extent_to_map() */
	if
	:: !f
	:: else ->
		folio_lock(f);
		if
		:: pui_entry_folio(slot) != f ||
		   (how == by_flusher && (folios[f].writeback || slot == pui_make_entry(f))) ->
			folio_unlock(f)
		:: else ->
			if
			:: !folios[f].dirty ->
				if
				:: !folios[f].writeback ->
					__folio_start_writeback(f);
					d_step { folio_end_writeback(f) }
				:: else
				fi;
				folio_unlock(f)
			:: else ->
				folio_wait_writeback(f);
				mpage_submit_folio(f, pui, valid, snapshot)
			fi
		fi;
		folio_put(f)
	fi;

written:
	/* __writeback_single_inode() */
	if
	:: how == by_fsync
	:: else ->
		atomic { !i_lock -> i_lock = 1; i_state = 0 }
		/* pui_inode_dirty(): first the range, which goes last */
#ifdef DROP_INODE
		marked = DIRTY;
		if
		:: marked
		:: else -> marked = pui_test_mapping()
		fi;
#else
		marked = pui_test_mapping();
		if
		:: marked
		:: else -> marked = DIRTY
		fi;
#endif
		d_step { i_state = i_state | marked; i_lock = 0 }
	fi;

wait:
	/* __filemap_fdatawait_range() */
	!WRITEBACK || how == by_flusher;
	d_step {
		check(sync_keeps_its_promise, !(want[me] & ~disk));
		want[me] = 0;
		running--
	}
}

/* --- truncation, and whatever else takes bytes out of a file -------------- */

#define holds(h)	(ranges[h].open && (bytes(h) & lost & ~ranges[h].lost))

inline pui_lose(h)
{
	if
#ifdef DROP_ALL_OR_NOTHING
	:: holds(h) && !can_revoke(h) -> refused = 1
#endif
	:: holds(h) ->
		ranges[h].lost = ranges[h].lost | (bytes(h) & lost);
		ranges[h].revoke = 1
	:: else
	fi
}

/*
 * ops->revoke(): rxe and siw wait for those that copy and may not have seen it.
 * A range whose memory has gone has lost nothing.
 */
inline pui_tell(h)
{
	if
	:: ranges[h].revoke ->
		check(range_outlives_its_revoke, ranges[h].lost);
#ifndef DROP_GRACE
		!ranges[h].copying	/* umem_pin_revoke_rcu() */
#endif
	:: else
	fi
}

inline pui_forget(h)
{
	d_step {
		check(range_outlives_its_revoke, !ranges[h].revoke || ranges[h].lost);
		ranges[h].revoke = 0
	}
}

inline pui_end_lost()
{
	d_step {
		if
		:: pui_is_entry(slot) && !pui_covered() ->
			pui_end_entry(pui_entry_folio(slot))
		:: else
		fi
	}
}

inline pui_revoke(lost, refused)
{
	/* with i_rwsem held, holders go, but none comes */
#ifndef DROP_ALL_OR_NOTHING
	d_step {		/* __pui_check_revoke() */
		refused = (holds(0) && !can_revoke(0)) || (holds(1) && !can_revoke(1))
	}
#endif
	if
	:: refused
	:: else ->
		d_step { pui_lose(0); pui_lose(1) }
		pui_tell(0);
		pui_tell(1);
		pui_forget(0);
		pui_forget(1);
		pui_end_lost();
		check(entry_leaves_with_the_last_range, !pui_is_entry(slot) || pui_covered())
	fi
}

proctype truncate()
{
	byte f, entry, lost;
	bit refused, stays;

	/* to nothing, to one byte, or an operation after which the page stays (+i) */
	if
	:: lost = 3
	:: lost = 2
	:: lost = 3; stays = 1
	fi;

	down_write(i_rwsem);
	pui_revoke(lost, refused);
	if
	:: refused ->
		check(refusal_changes_nothing, !ranges[0].lost && !ranges[1].lost);
		goto unlock
	:: stays -> goto unlock
	:: else
	fi;

	/* ext4_setattr() */
	down_write(invalidate_lock);
	d_step {
		i_size = PAGE & ~lost;
		file = file & i_size;
		want[0] = want[0] & i_size;
		want[1] = want[1] & i_size;
		want[2] = want[2] & i_size
	}
	filemap_get_entry(f, entry, true);
	if
	:: i_size ->
		/* truncate_inode_partial_folio(), ext4_block_truncate_page() */
		if
		:: !f -> d_step { filemap_add_folio(f) }
		:: else
		fi;
		folio_lock(f);
		folio_wait_writeback(f);
		d_step {
			folios[f].data = folios[f].data & i_size;
			folios[f].buffers = 1;
			folios[f].dirty = 1
		}
		__folio_mark_dirty(f);
		folio_unlock(f);
		__mark_inode_dirty();
		folio_put(f)
	:: !i_size && f ->
		/* truncate_inode_pages_range() */
		folio_lock(f);
		folio_wait_writeback(f);
		d_step {
			check(page_leaves_the_file_as_an_ordinary_one, !pui_is_entry(slot));
			slot = NULL;
			DIRTY = 0;
			TOWRITE = 0;
			folios[f].dirty = 0;
			folios[f].buffers = 0;
			folios[f].ref--
		}
		folio_unlock(f);
		folio_put(f)
	:: else
	fi;
	d_step { disk = disk & (i_size -> PAGE : 0) }	/* ext4_truncate() */
	up_write(invalidate_lock);
	check(nothing_truncated_comes_back, !slot || !(folios[pui_entry_folio(slot)].data & lost));
	up_write(i_rwsem);

	/* The file grows again. */
	down_write(i_rwsem);
	i_size = PAGE;
unlock:
	up_write(i_rwsem);
	running--
}

/* --- read(2) ------------------------------------------------------------- */

proctype reader()
{
	byte f, entry;

	filemap_get_or_create_folio(f, entry);
	if
	:: f ->
		d_step {
			if
			:: pui_entry_folio(slot) == f && invalidate_lock != WRITER ->
				check(read_is_coherent,
				      (folios[f].data & i_size) == (file & i_size))
			:: else
			fi
		}
		folio_put(f)
	:: else
	fi;
	running--
}

/* --- all together -------------------------------------------------------- */

#define never_but(property, condition) \
	:: d_step { !(condition) -> check(property, false) }

/*
 * May the device still write to the page?  Until its driver has been told and the
 * last copy is over, whatever pui_covers() makes of that.
 */
#define reaches(h) \
	(ranges[h].live && ((bytes(h) & ~ranges[h].lost) || ranges[h].revoke))
#define stays_out_of_bios(h) \
	(!reaches(h) || !folios[ranges[h].page].bio)
#define stays_under_io(h) \
	(!reaches(h) || slot == pui_make_entry(ranges[h].page))

active proctype invariants()
{
end:
	do
	never_but(page_under_io_is_dirty, !pui_is_entry(slot) ||
		(folios[pui_entry_folio(slot)].dirty && folios[pui_entry_folio(slot)].buffers))
	never_but(page_under_io_has_its_marks, !pui_is_entry(slot) || (TOWRITE && !DIRTY))
	never_but(covered_page_is_under_io,
		(!pui_covers(0) || slot == pui_make_entry(ranges[0].page)) &&
		(!pui_covers(1) || slot == pui_make_entry(ranges[1].page)))
	never_but(entry_outlives_the_last_dma, stays_under_io(0) && stays_under_io(1))
	never_but(entry_leaves_with_the_last_range, !pui_is_entry(slot) || window(0) || window(1))
	never_but(no_page_under_dma_in_a_bio, stays_out_of_bios(0) && stays_out_of_bios(1))
	never_but(registration_is_before_or_after,
		!(ranges[0].live && !ranges[0].page) && !(ranges[1].live && !ranges[1].page))
	od
}

#define start(process)	running++; run process

init
{
	byte f;

	atomic {
		if
		:: skip			/* not in the cache */
		:: filemap_add_folio(f); folios[f].ref--
		:: filemap_add_folio(f); folios[f].ref--;
		   folios[f].dirty = 1; folios[f].buffers = 1; DIRTY = 1; i_state = 1
		fi;
#ifdef A
		start(holder(0));
#endif
#ifdef B
		start(holder(1));
#endif
#ifdef FSYNC
		start(writepages(0, by_fsync));
#endif
#ifdef FSYNC2
		start(writepages(1, by_fsync));
#endif
#ifdef SYNC
		start(writepages(1, by_sync));
#endif
#ifdef FLUSH
		start(writepages(2, by_flusher));
#endif
#ifdef READ
		start(reader());
#endif
#ifdef TRUNCATE
		start(truncate());
#endif
		f = NULL
	}
	atomic {
		!running ->
		check(all_is_given_back, !pui_is_entry(slot) && !pui_test_mapping() &&
			folios[1].ref == (slot == 1) && folios[2].ref == (slot == 2));
		/* the next round of the flusher */
		if
		:: i_state && DIRTY && folios[slot].dirty && folios[slot].buffers ->
			disk = folios[slot].data
		:: else
		fi;
		check(no_lost_byte, !(file & ~disk));
		check(nothing_truncated_comes_back, !(disk & ~file))
	}
}
