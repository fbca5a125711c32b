package rewriter

import (
	"crypto/sha256"
	"encoding/hex"
	"go/types"
	"path/filepath"

	"github.com/upstarego/upstarego/rewriter/body"
	"github.com/upstarego/upstarego/rewriter/desugar"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// Ledger describes the instrumented functions.
func (o *Output) Ledger() []ledger.Func {
	var l []ledger.Func
	for _, fn := range o.Funcs {
		l = append(l, describe(fn))
	}
	return l
}

func describe(fn *desugar.Func) ledger.Func {
	t := fn.Tree
	node := fn.Node()
	from, to := t.Prog.Fset.Position(node.Pos()), t.Prog.Fset.Position(node.End())
	sum := sha256.Sum256(t.Source(node))
	f := ledger.Func{
		Key:  fn.Key,
		File: t.Pkg.PkgPath + "/" + filepath.Base(from.Filename),
		Line: from.Line, End: to.Line,
		Hash:    hex.EncodeToString(sum[:8]),
		Results: types.TypeString(fn.Sig.Results(), nil),
		Gate:    body.HasEntry(fn),
	}
	for _, pt := range fn.Points {
		p := ledger.Point{What: pt.What, Line: t.Prog.Fset.Position(pt.Pos).Line}
		for _, v := range pt.Live {
			p.Live = append(p.Live, v.Name)
		}
		f.Points = append(f.Points, p)
	}
	for _, v := range body.FrameVars(fn) {
		f.Frame = append(f.Frame, ledger.Field{Name: v.Name, Type: typeString(v.Type), Boxed: v.Boxed})
	}
	return f
}

func typeString(t types.Type) string {
	if t == nil {
		return body.RuntimePath + ".MapIter"
	}
	return types.TypeString(t, nil)
}
