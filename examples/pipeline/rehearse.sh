# Gives $UPSTARE_PROGRAM some files, of which one does not end at once, and fails if a
# line is lost, doubled, out of its order, or not numbered when the one before is.
cd "$TMPDIR" || exit
seq 5 | sed 's/^/line /' >a
cp a b
mkfifo c
(cat a; sleep 0.3) >c &
$UPSTARE_PROGRAM a b c >out || exit
for f in a b c; do
	sed -nE "s/^$f: ([0-9]+ )?line/line/p" out | diff a - || exit
	grep -q "^$f has 5 lines$" out || exit
done
sed -nE 's/^[abc]: ([0-9]* ?)line.*/\1/p' out | awk '
	NF == 1 && $1 != ++n { print "the number " $1 " comes for " n; bad = 1 }
	NF == 0 && n > 0     { print "a line after number " n " has none"; bad = 1 }
	END { exit bad }'
