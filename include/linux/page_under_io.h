/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages under io: page cache folios that a device may write at any moment.
 *
 * While at least one range of a file covers a folio, the folio's slot in
 * mapping->i_pages holds an entry instead of the plain folio pointer.  This
 * header is what mm/ and file systems need to know about it; the mechanism and
 * its rules are described in mm/page_under_io.c.
 *
 * The entry is a pointer to the folio with bit 2 set:
 *
 *   63                             3 2 1 0
 *  +--------------------------------+-+-+-+
 *  |  folio address, 8-byte aligned |1|0|0|   page under io
 *  |  folio address, 8-byte aligned |0|0|0|   folio
 *  |            integer             |0/1|1|   value: shadow, swap, DAX
 *  |             ...                |?|1|0|   internal to the XArray
 *  +--------------------------------+-+-+-+
 *
 * The XArray looks at bits 0 and 1 only.  To it, and to everybody who asks
 * xa_is_value(), the entry is a present pointer, which is what it means: the
 * page is there.  Who dereferences it goes through pui_entry_folio() first.
 */
#ifndef _LINUX_PAGE_UNDER_IO_H
#define _LINUX_PAGE_UNDER_IO_H

#include <linux/fs.h>
#include <linux/page-flags.h>

#ifdef CONFIG_PAGE_UNDER_IO

#include <linux/interval_tree.h>

#define PUI_ENTRY_TAG	4UL	/* set in an entry, clear in a folio pointer */
#define PUI_ENTRY_BITS	7UL	/* what tells the kinds of entry apart */

/**
 * pui_is_entry() - Is this what a page under io has in its slot?
 * @entry: What the XArray returned.
 *
 * Context: Any context.
 * Return: True for the entry of a page under io; false for a folio, for a
 *	   value or internal entry and for NULL.
 */
static inline bool pui_is_entry(const void *entry)
{
	return ((unsigned long)entry & PUI_ENTRY_BITS) == PUI_ENTRY_TAG;
}

/**
 * pui_is_folio() - Is this a plain folio pointer?
 * @entry: What the XArray returned; not an internal entry.
 *
 * For lookups that can do without pages under io, and count instructions: it
 * replaces their test for value entries.
 *
 * Context: Any context.
 * Return: True for a folio and for NULL; false for a value entry and for the
 *	   entry of a page under io.
 */
static inline bool pui_is_folio(const void *entry)
{
	return !((unsigned long)entry & (PUI_ENTRY_TAG | 1));
}

/**
 * pui_make_entry() - The entry for a folio.
 * @folio: The folio.
 *
 * Context: Any context.
 * Return: What to store at every index of @folio while it is under io.
 */
static inline void *pui_make_entry(struct folio *folio)
{
	BUILD_BUG_ON(__alignof__(struct page) <= PUI_ENTRY_TAG);

	return (void *)((unsigned long)folio | PUI_ENTRY_TAG);
}

/**
 * pui_entry_folio() - The folio behind a slot that holds a page.
 * @entry: A folio or the entry of a page under io; not a value entry.
 *
 * Every lookup calls this after it has sorted out value entries, and
 * compares the entry, not the folio, with what the slot holds later.
 *
 * Context: Any context.
 * Return: The folio; NULL for NULL.
 */
static inline struct folio *pui_entry_folio(const void *entry)
{
	return (struct folio *)((unsigned long)entry & ~PUI_ENTRY_TAG);
}

struct pui_lost;
struct pui_range;
struct seq_file;

/**
 * struct pui_range_ops - What a holder does for the file it holds.
 * @lose: Bytes of the range are being lost.  Called under the i_pages lock, for
 *	  every holder before the first @revoke.
 * @revoke: Make sure that the device cannot reach file offsets [start, last]
 *	    of the range any more.  May sleep, but not wait for a pui_finish().
 *	    NULL if the holder cannot do that.
 * @show: Print who holds the range: process and device, in one line without
 *	  an end.  Called under a spinlock.
 */
struct pui_range_ops {
	void (*lose)(struct pui_range *range);
	void (*revoke)(struct pui_range *range, loff_t start, loff_t last);
	void (*show)(struct pui_range *range, struct seq_file *m);
};

/**
 * struct pui_range - Bytes of one file that one holder has under io.
 * @node: File offsets in bytes, first and last, in @mapping->i_pui.
 * @mapping: The file's page cache.
 * @file: Keeps inode and mount; open for writing.
 * @ops: What the holder can do.
 * @uaddr: Where the page of @node.start is in the address space of the
 *	   process that registers, in bytes, page aligned.
 * @first: First page under io on behalf of this range, an index.
 * @next: The page after the last one.
 * @lost: Bytes that have been taken from it (struct pui_lost).
 * @losing: Bytes that are being taken by a revoke that is under way, or NULL.
 * @revoke: In the list of a revoke that is under way.
 * @all: In the list of all ranges.
 * @since: When it was opened, in seconds of real time.
 * @reports: The holder calls pui_written() for each page its device has
 *	     written, under the rcu_read_lock() of the write; the caller of
 *	     pui_prepare() says so.
 *
 * Pages [@first, @next) are pinned and have their entries, but for those whose
 * bytes are lost.  @next grows with pui_start(), @first follows with pui_end(),
 * so that at any moment the tree says exactly who still covers a folio.
 *
 * The i_pages lock protects @node, @first, @next, @lost, @losing and @revoke; the
 * others do not change between pui_prepare() and pui_finish().
 */
struct pui_range {
	struct interval_tree_node node;
	struct address_space *mapping;
	struct file *file;
	const struct pui_range_ops *ops;
	unsigned long uaddr;
	pgoff_t first;
	pgoff_t next;
	struct rb_root_cached lost;
	struct pui_lost *losing;
	struct list_head revoke;
	struct list_head all;
	time64_t since;
	bool reports;
};

int pui_prepare(struct pui_range *range, const struct pui_range_ops *ops,
		unsigned long addr, unsigned long last,
		unsigned long *part_last);
long pui_start(struct pui_range *range, struct page **pages,
	       unsigned long nr_pages);
void pui_end(struct pui_range *range, struct page **pages,
	     unsigned long nr_pages);
void pui_finish(struct pui_range *range);
bool pui_test_lost(struct pui_range *range, loff_t start, loff_t last);
void pui_written(struct pui_range *range, struct page *page);

void pui_set_mapping(struct address_space *mapping, bool allowed);
bool pui_can_mapping(const struct address_space *mapping);
bool __pui_test_folio(struct address_space *mapping, struct folio *folio);
bool pui_test_folio_sync(struct folio *folio);
int __pui_check_revoke(struct address_space *mapping, loff_t start,
		       loff_t last);
int __pui_revoke(struct address_space *mapping, loff_t start, loff_t last);
void __pui_cancel(struct folio *folio);

void pui_wait_reports(struct address_space *mapping);
bool pui_clean_for_io(struct folio *folio);
struct folio *pui_snapshot(struct folio *folio, size_t offset, size_t len,
			   size_t valid, gfp_t gfp);
struct folio *__pui_snapshot_source(struct folio *snapshot, size_t *offset);
void pui_snapshot_free(struct folio *snapshot);
int pui_flush(struct address_space *mapping);
bool __pui_test_range(struct address_space *mapping, loff_t start, loff_t last);

/**
 * pui_test_mapping() - May a file have pages under io now?
 * @mapping: The file's page cache.
 *
 * Exact under the i_pages lock.  Without it the answer may be out of date
 * when it comes, but a range that existed before the caller's own
 * synchronisation with it (i_rwsem, folio lock, i_state) is never missed.
 *
 * Context: Any context.
 * Return: True if a range of the file exists.
 */
static inline bool pui_test_mapping(const struct address_space *mapping)
{
	return READ_ONCE(mapping->i_pui.rb_root.rb_node);
}

/**
 * pui_test_range() - Are pages of a part of a file registered?
 * @mapping: The file's page cache.
 * @start: Its first byte.
 * @last: Its last byte.
 *
 * For who would write them past the page cache: they are under io, or about to
 * be, which pui_prepare() and this keep apart by i_rwsem.
 *
 * Context: The caller holds i_rwsem.
 * Return: True if a range has bytes of these pages.
 */
static inline bool pui_test_range(struct address_space *mapping, loff_t start,
				  loff_t last)
{
	return pui_test_mapping(mapping) &&
	       __pui_test_range(mapping, start, last);
}

/**
 * pui_test_towrite() - Might integrity writeback have pages under io to write?
 * @mapping: The file's page cache.
 *
 * For gates that take a file without DIRTY mark for a clean one.  They ask for
 * that first: pages under io get the TOWRITE mark before they lose the other,
 * and keep it when they are released.
 *
 * Context: Any context.
 * Return: True if a TOWRITE mark exists.
 */
static inline bool pui_test_towrite(struct address_space *mapping)
{
	return mapping_tagged(mapping, PAGECACHE_TAG_TOWRITE);
}

/**
 * pui_test_folio() - Is a folio under io?
 * @folio: The folio.
 *
 * Context: The caller holds the folio lock, so the answer stays true or
 *	    becomes false (release does not take the lock), and false stays.
 *	    Under RCU the answer may be out of date when it comes.
 * Return: True if @folio's slot holds the entry.
 */
static inline bool pui_test_folio(struct folio *folio)
{
	struct address_space *mapping = READ_ONCE(folio->mapping);

	/* anonymous, movable and KSM pages keep something else there */
	if (!mapping || (unsigned long)mapping & PAGE_MAPPING_FLAGS)
		return false;
	return pui_test_mapping(mapping) && __pui_test_folio(mapping, folio);
}

/**
 * pui_check_revoke() - Would pui_revoke() be refused?
 * @mapping: The file's page cache.
 * @start: First byte.
 * @last: Last byte; nothing is asked for if it is before @start.
 *
 * For operations on two files, which must not begin with the first one while
 * the second refuses.
 *
 * Context: Process context.  The caller holds i_rwsem for writing.
 * Return: 0 if nobody holds the bytes, 1 if they can be revoked;
 *	   -ETXTBSY if a holder cannot give them up.
 */
static inline int pui_check_revoke(struct address_space *mapping,
				   loff_t start, loff_t last)
{
	return pui_test_mapping(mapping) ?
		__pui_check_revoke(mapping, start, last) : 0;
}

/**
 * pui_revoke() - Take bytes of a file from everybody who holds them.
 * @mapping: The file's page cache.
 * @start: First byte.
 * @last: Last byte; nothing happens if it is before @start.
 *
 * Whatever takes bytes out of a file, or changes the blocks under them, calls
 * this after its last check and before its first change.  On success no device
 * reaches the bytes any more, for ever, and the pages that had no others are
 * ordinary dirty ones.
 *
 * Context: Process context.  Sleeps.  The caller holds i_rwsem for writing,
 *	    which keeps new ranges out, and no folio lock.
 * Return: 0; or, with nothing changed,
 *	   -ETXTBSY if a holder cannot give them up;
 *	   -ENOMEM if memory is short.
 */
static inline int pui_revoke(struct address_space *mapping, loff_t start,
			     loff_t last)
{
	return pui_test_mapping(mapping) ?
		__pui_revoke(mapping, start, last) : 0;
}

/**
 * pui_cancel() - Make a folio that leaves the page cache an ordinary one.
 * @folio: The folio, locked.
 *
 * Ordinary truncation never reaches a page under io: it revokes first.  Memory
 * failure does.  The page becomes an ordinary one, and its bytes are revoked
 * soon after, from another context.  The holders keep their pins.
 *
 * Context: Process context, folio locked.
 */
static inline void pui_cancel(struct folio *folio)
{
	if (unlikely(pui_test_folio(folio)))
		__pui_cancel(folio);
}

/**
 * pui_snapshot_source() - What an I/O completion's folio stands for.
 * @folio: A folio of a finished bio.
 * @offset: In: bytes into @folio; out: bytes into the source.
 *
 * Context: Any context.
 * Return: The page cache folio that @folio is a snapshot of; NULL if it is
 *	   none, with @offset unchanged.
 */
static inline struct folio *pui_snapshot_source(struct folio *folio,
						size_t *offset)
{
	/* page cache folios have a mapping until their writeback ends */
	if (likely(folio->mapping) || !folio_test_owner_2(folio))
		return NULL;
	return __pui_snapshot_source(folio, offset);
}

/*
 * Does the folio's slot hold the entry?  For who has changed the folio without
 * its lock and now holds the i_pages lock.  A macro, for the sake of <pagemap.h>.
 */
#define pui_test_slot(mapping, folio)					\
	(pui_test_mapping(mapping) &&					\
	 pui_is_entry(xa_load(&(mapping)->i_pages, folio_index(folio))))

/*
 * Has a file anything that an integrity pass would write?  DIRTY comes first, as
 * for all gates: see pui_test_towrite().
 */
static inline bool pui_any_dirty(struct address_space *mapping)
{
	return mapping_tagged(mapping, PAGECACHE_TAG_DIRTY) ||
	       pui_test_towrite(mapping);
}

/*
 * Has an inode to stay on the dirty list?  Here the range comes first: it goes
 * after the DIRTY marks of its pages have come back.
 */
static inline bool pui_inode_dirty(struct address_space *mapping)
{
	if (pui_test_mapping(mapping))
		return true;
	/* between the i_pages lock of pui_end() and that of pui_finish() */
	smp_rmb();
	return mapping_tagged(mapping, PAGECACHE_TAG_DIRTY);
}

/**
 * pui_write_begin() - Enter writeback, unless the file system is frozen.
 * @mapping: The file's page cache.
 * @wait: If it is, wait for the thaw, if there is anything to write.
 *
 * Nobody dirties pages of a frozen file system except a device, and the
 * release of its pages.  They wait for the thaw in the page cache, and so does
 * who has promised to write them, like fsync(2).  sync(2) cannot wait: it holds
 * s_umount, which the thaw needs.
 *
 * Context: Any context; process context without s_umount if it may @wait.
 *	    Pairs with pui_write_end().
 * Return: False if nothing may be written now.
 */
static inline bool pui_write_begin(struct address_space *mapping,
				   bool wait)
{
	struct super_block *sb = mapping->host->i_sb;

	if (sb_start_intwrite_trylock(sb))
		return true;
	if (!wait || !pui_any_dirty(mapping))
		return false;
	sb_start_intwrite(sb);
	return true;
}

static inline void pui_write_end(struct super_block *sb)
{
	sb_end_intwrite(sb);
}

/**
 * pui_test_frozen() - Would an integrity pass wait for a thaw now?
 * @mapping: The file's page cache.
 *
 * For who had better not wait.
 *
 * Context: Any context.  The answer may be out of date when it comes.
 * Return: True if the file system is frozen, and the file has to be written.
 */
static inline bool pui_test_frozen(struct address_space *mapping)
{
	return unlikely(mapping->host->i_sb->s_writers.frozen >= SB_FREEZE_FS) &&
	       pui_any_dirty(mapping);
}

#else /* !CONFIG_PAGE_UNDER_IO */

/* Macros: the compiler must not even see the arguments. */
#define pui_is_entry(entry)		false
#define pui_test_slot(mapping, folio)	false

static inline bool pui_is_folio(const void *entry)
{
	return !xa_is_value(entry);
}

static inline struct folio *pui_entry_folio(const void *entry)
{
	return (struct folio *)entry;
}

static inline void pui_set_mapping(struct address_space *mapping, bool allowed)
{
}

static inline bool pui_can_mapping(const struct address_space *mapping)
{
	return false;
}

static inline bool pui_test_mapping(const struct address_space *mapping)
{
	return false;
}

static inline bool pui_test_folio(struct folio *folio)
{
	return false;
}

static inline bool pui_test_folio_sync(struct folio *folio)
{
	return false;
}

static inline int pui_check_revoke(struct address_space *mapping,
				   loff_t start, loff_t last)
{
	return 0;
}

static inline int pui_revoke(struct address_space *mapping, loff_t start,
			     loff_t last)
{
	return 0;
}

static inline void pui_cancel(struct folio *folio)
{
}

static inline struct folio *pui_snapshot(struct folio *folio, size_t offset,
					 size_t len, size_t valid, gfp_t gfp)
{
	return NULL;
}

static inline struct folio *pui_snapshot_source(struct folio *folio,
						size_t *offset)
{
	return NULL;
}

static inline void pui_snapshot_free(struct folio *snapshot)
{
}

static inline int pui_flush(struct address_space *mapping)
{
	return 0;
}

static inline bool pui_test_range(struct address_space *mapping, loff_t start,
				  loff_t last)
{
	return false;
}

static inline bool pui_test_towrite(struct address_space *mapping)
{
	return false;
}

static inline bool pui_inode_dirty(struct address_space *mapping)
{
	return mapping_tagged(mapping, PAGECACHE_TAG_DIRTY);
}

static inline bool pui_write_begin(struct address_space *mapping,
				   bool wait)
{
	return true;
}

static inline bool pui_test_frozen(struct address_space *mapping)
{
	return false;
}

static inline void pui_write_end(struct super_block *sb)
{
}

static inline void pui_wait_reports(struct address_space *mapping)
{
}

#endif /* CONFIG_PAGE_UNDER_IO */

#endif /* _LINUX_PAGE_UNDER_IO_H */
