# SPDX-License-Identifier: GPL-2.0
# The verbs.  Each is a line or two here; the work is done by the scripts they
# call, and each of those explains itself with --help.
#
# A comment with two # behind a target is what "make help" says about it.
# Everything large goes to ~/.cache/umem_pin, or where UMEM_PIN_CACHE says.

# Which kernel "make shell" boots.
KERNEL ?= release

.DEFAULT_GOAL := help

.PHONY: help
help: ## list these verbs
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 24

# --- see it work, and prove it

.PHONY: demo check regress

demo: ## RDMA into a file: how it fails on Debian's kernel, how it works here
	@demo/run

check: ## build what is needed and run all tests; ends with the count
	@tests/check

regress: ## what others wrote that uses RDMA, on stock and release: any difference
	@regress/run

.PHONY: storm crash

# What goes on where it was interrupted.
resume := $(if $(RESUME),--resume)
# In so many guests at a time.
JOBS ?= 2

storm: ## a million random operations on release and on debug (RESUME=1: go on)
	@storm/run --ops 1000000 --jobs $(JOBS) $(resume)
	@storm/run --ops 1000000 --each 5000 --kernel debug --jobs $(JOBS) $(resume)

crash: ## kill the machine in storms, a thousand times (RESUME=1: go on)
	@storm/crash --count 1000 --points 2000 $(resume)

# --- reading the code

.PHONY: check-static check-series check-drivers check-model

check-static: ## checkpatch, kernel-doc, sparse, namespaces, shellcheck
	@checks/static

check-series: ## each patch applies and compiles; with the option off nothing changes
	@checks/series

check-model: ## check the protocol exhaustively, with SPIN
	@checks/model

check-drivers: ## compile the RDMA drivers for hardware against the patched tree
	@checks/drivers

# --- cost

.PHONY: bench

bench: ## count instructions, stock beside release, and hold them against the bars
	@bench/run

# --- the machine

.PHONY: install kernel guest shell boot clean distclean

install: ## install what the host lacks (apt; the only step that needs root)
	@rxe-setup/install

kernel: ## build the stock and the release kernel
	@rxe-setup/install --quiet
	@rxe-setup/kernel stock release

guest: ## make the guest's root file system
	@rxe-setup/install --quiet
	@rxe-setup/guest

shell: ## boot the release kernel (or KERNEL=stock, debug, debian) and open a shell in it
	@rxe-setup/install --quiet
	@rxe-setup/kernel $(KERNEL) >/dev/null
	@rxe-setup/guest >/dev/null
	@rxe-setup/vm shell --kernel $(KERNEL)

# The name people try first.
boot: shell

clean: ## remove what was built, keep what was downloaded
	@rxe-setup/clean

distclean: ## remove everything that was made outside the checkout
	@rxe-setup/clean --all
