# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced by the commands in this folder: where things are and how we speak.

setup=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # used by those who source this
repo=$(dirname "$setup")
me=${0##*/}
# Where mke2fs and depmod are; a user of Debian does not look there.
PATH=$PATH:/usr/sbin:/sbin

# Everything we make is in here and can be made again from nothing.
cache=${UMEM_PIN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/umem_pin}

say() { printf '%s: %s\n' "$me" "$*" >&2; }
die() { say "$*"; exit 1; }

# To make, they end a word.
[[ $repo$cache != *[[:space:]:]* ]] || die "no blanks or colons, please, in $repo and $cache"

# Bad arguments: what is wrong, how it should look, exit 2.
bad_usage()
{
	say "$*"
	usage >&2
	exit 2
}

# The header comment of the script that runs is its help text: from the third
# line to the first line that is no comment.
usage() { sed -n '3,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

# One value of patches/BASE.
base() { sed -n "s/^$1 //p" "$repo/patches/BASE"; }

# One updating line on a terminal; on anything else a line every tenth, so that
# a log stays readable.  Arguments: what, done, of how many.
progress()
{
	local percent=$(( $3 > 0 ? $2 * 100 / $3 : 0 ))

	# The total is an estimate: do not claim more than we know.
	(( percent > 99 )) && percent=99
	if [[ -t 2 ]]; then
		printf '\r%s: %s %3d %% (%d)\033[K' "$me" "$1" "$percent" "$2" >&2
	elif (( percent / 10 > ${progress_last:--1} )); then
		progress_last=$(( percent / 10 ))
		say "$1 $percent %"
	fi
}

progress_end()
{
	[[ -t 2 ]] && printf '\r\033[K' >&2
	progress_last=-1
}

# Children in process groups of their own (set -m): no signal that we get reaches
# them, so whoever has some does this in a trap.
children=()
stop_children()
{
	local child

	for child in "${children[@]}"; do kill -TERM -- "-$child" 2>/dev/null || :; done
	wait
}

# Only one of us changes a part of the cache at a time.  Argument: which part.
# The lock goes with the process, however that ends.  A command that we start
# while we hold it need not wait for us.
lock()
{
	[[ ${umem_pin_locked-} != "$1" ]] || return 0
	export umem_pin_locked=$1
	mkdir -p "$cache/lock" "$cache/log"
	exec {lock_fd}>"$cache/lock/$1"
	if ! flock -n "$lock_fd"; then
		say "waiting: another $1 is at work in $cache"
		flock "$lock_fd"
	fi
}
