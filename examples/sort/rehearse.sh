# Sorts some numbers with $UPSTARE_PROGRAM, and fails if they do not come out in order.
seq 97 | awk '{ print $1 * 37 % 97 - 20 }' | $UPSTARE_PROGRAM >"$TMPDIR/out" || exit
seq -20 76 | diff - "$TMPDIR/out"
