# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # cache, repo and setup come from rxe-setup/lib.sh
# Sourced by the commands in this folder, after rxe-setup/lib.sh: building parts
# of a kernel in folders of our own, so that the flavours' builds stay as they are.

# shellcheck disable=SC2034 # used by those who source this
work=$cache/checks

export LC_ALL=C
unset MAKEFLAGS MAKELEVEL MFLAGS ARCH CROSS_COMPILE KCFLAGS KCPPFLAGS KBUILD_OUTPUT
export CCACHE_DIR=$cache/ccache CCACHE_MAXSIZE=5G CCACHE_DEPEND=1
export KBUILD_BUILD_TIMESTAMP='1970-01-01' KBUILD_BUILD_VERSION=1
export KBUILD_BUILD_USER=umem_pin KBUILD_BUILD_HOST=umem_pin

# Lines of config fragments, without comments; a later line wins.  Arguments:
# fragments.
fragments() { cat "$@" | sed -E 's/[ \t]*#.*//; /^$/d' | tac | awk -F= '!seen[$1]++' | tac; }

# make in tree $1 with build folder $2; the rest goes to make.
kmake()
{
	local source=$1 build=$2

	shift 2
	make -C "$source" O="$build" ARCH=x86_64 CC='ccache gcc' HOSTCC='ccache gcc' \
		-j"$(nproc)" "$@"
}

# Configure build folder $2 of tree $1 with the fragments that follow.
configure()
{
	local source=$1 build=$2

	shift 2
	mkdir -p "$build"
	fragments "$@" >"$build/requested.config"
	kmake "$source" "$build" -s KCONFIG_ALLCONFIG="$build/requested.config" allnoconfig
}

# Run a command with its output in log $1, and show the end of that when it fails.
logged()
{
	local log=$1

	shift
	"$@" >>"$log" 2>&1 && return
	grep -E -m 20 -A 3 'error:|Error [0-9]|undefined reference|\*\*\*' "$log" >&2 || tail "$log" >&2
	say "the whole log is $log"
	return 1
}

# The patches in their order.
series() { sed 's/[ \t]*#.*//; /^$/d' "$repo/patches/series"; }

# The paths patches touch.
touched() { sed -nE 's:^\+\+\+ b/([^\t]*).*:\1:p' "$@" | sort -u; }

# Our own whole files, as paths in the kernel tree.
overlay() { (cd "$repo" && find drivers include mm -type f ! -name '.*' ! -name '*~' | sort); }
