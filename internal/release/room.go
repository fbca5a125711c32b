package release

import (
	"fmt"
	"go/types"
	"math/bits"

	"github.com/upstarego/upstarego/rewriter"
)

// What one function table of the linked program needs more: for a function that is a
// base in some call, an entry of its own; for each such call, two elements of the
// list of entries.
const (
	roomEntry = 128
	roomCall  = 2 * 8

	// roomKept is what package runtime/room keeps by itself.
	roomKept = 4 * 16384
)

// room is the file of package runtime/room that keeps the room for a program's bases,
// if that needs more than the package keeps by itself. What is counted is the most
// there can be: a function that others get a copy of has no base in those.
func room(out *rewriter.Output) map[string][]byte {
	n := roomEntry
	for _, fn := range out.Funcs {
		if !fn.Rewrite {
			continue
		}
		copies := 1
		if fn.Lit != nil {
			copies++ // where it stands, and in its maker
		}
		if len(fn.Tree.TypeParams) > 0 {
			decl, _ := fn.Tree.Pkg.Info.Defs[fn.Tree.Funcs[0].Decl.Name].(*types.Func)
			copies *= max(1, len(out.Instances[decl]))
		}
		n += copies * (roomEntry + roomCall*(len(fn.Points)+1))
	}
	if n <= roomKept {
		return nil
	}
	// Rounded, so that few changes of the program make it another package.
	const tableLen = 4
	n = 1 << bits.Len(uint(n))
	text := fmt.Sprintf("#include \"textflag.h\"\n\nTEXT ·room(SB), NOSPLIT|NOFRAME, $0-0\n\tPCDATA $%d, $0\n\tRET\n", n/tableLen)
	return map[string][]byte{"runtime/room/room_amd64.s": []byte(text)}
}
