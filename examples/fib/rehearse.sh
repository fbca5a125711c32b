# Asks $UPSTARE_PROGRAM for some Fibonacci numbers, and fails if one is wrong.
printf '%s\n' 5 0 x 6 1 4 | $UPSTARE_PROGRAM >"$TMPDIR/out" 2>"$TMPDIR/err" || exit
printf 'fib(%d) = %d\n' 5 5 0 0 6 8 1 1 4 3 | diff - "$TMPDIR/out"
