#!/bin/bash
# check.sh [RESULTS [PREFIX]]: the protocol holds, and every wrong variant of it is found;
# with PREFIX only what begins so: waits: is what waits.pml describes.
# Exit code 0 only if both are so. Needs spin and gcc.
cd "$(dirname "$0")" || exit 2
for tool in spin gcc; do
	command -v $tool >/dev/null || { echo "check.sh: $tool is missing: install it (Debian: apt-get install spin gcc)" >&2; exit 2; }
done
results=${1:-results.txt}
only=${2-}
right=(BASE BASE+WAITUPD BASE+TWO BASE+TWO+WAITUPD waits:BASE waits:NG=3+TRIES=1)
wrong=(NO_BARRIER MARK_EARLY POLL_FIRST NO_GATE GATE_NO_DEFER+WAITUPD DEFER_NO_MARK DEFER_PREV
	NEW_NO_POLL+TWO REG_LATE CONV_PARKED ANY_CAPTURED ONE_LOOK RETIRE_FIRST
	CLEAR_AT_ONCE UNWIND_UNSEEN
	waits:NO_LOOK waits:POLL_FIRST waits:NO_STOP waits:NO_SETTLE waits:WORD_FIRST waits:FREE_NAMED waits:DRAIN_FIRST waits:NO_DRAIN waits:NO_LEAD)
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT

# check [waits:]VARIANT WANT: WANT is holds or fails.
check() {
	local flags=() x out errors states why verdict model=proto variants=$1
	case "$1" in
	"$only"*) ;;
	*) return ;;
	esac
	case "$1" in
	waits:*) model=waits variants=${1#waits:} ;;
	esac
	for x in ${variants//+/ }; do [ "$x" = BASE ] || flags+=("-D$x"); done
	mkdir "$tmp/$1" && cp $model.pml "$tmp/$1/" || exit 2
	out=$(cd "$tmp/$1" && spin -a "${flags[@]}" $model.pml && gcc -w -O2 -DSAFETY -DMEMLIM=3000 -DVECTORSZ=2048 -DCOLLAPSE -o pan pan.c &&
		timeout "${LIMIT:-300}" ./pan -m200000 2>&1)
	errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' <<<"$out")
	states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' <<<"$out")
	why=$(grep -m1 -oE 'assertion violated.*|invalid end state' <<<"$out")
	verdict="holds"
	[ "$errors" = 0 ] || verdict="fails: $why"
	# An unfinished search proves nothing.
	if [ -z "$errors" ] || { [ "$errors" = 0 ] && grep -q "Search not completed\|max search depth too small" <<<"$out"; }; then
		verdict="not finished: $(tail -1 <<<"$out")"
	fi
	case "$verdict" in
	"$2"*) ;;
	*) verdict="$verdict   <-- want: $2" ;;
	esac
	printf '%-24s %10s states  %s\n' "$1" "$states" "$verdict"
}

{
	echo "proto.pml, waits.pml, $(spin -V | head -1)"
	for v in "${right[@]}"; do check "$v" holds; done
	for v in "${wrong[@]}"; do check "$v" fails; done
} > "$tmp/results"
cp "$tmp/results" "$results"
cat "$results"
grep -q 'want:' "$results" && exit 1
exit 0
