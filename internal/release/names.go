package release

import (
	"github.com/upstarego/upstarego/internal/pclntab"
	"github.com/upstarego/upstarego/rewriter/body"
)

// nameFuncs makes a linked file call the program's functions what the plain
// program calls them, and leave generated frames out where stacks are shown or
// walked. Symbols stay: what decides about binding goes by them.
func (b *build) nameFuncs(path string) error {
	t, err := pclntab.Open(path)
	if err != nil {
		return linkError(err)
	}
	for _, f := range t.Funcs() {
		if b.names.Own(f.Name) && f.StartLine >= body.LineResume && f.StartLine < body.LinePoint {
			t.Start(f, f.StartLine-body.LineResume)
		}
		// The generated main package calls the program's.
		if b.names.Own(f.Name) && f.StartLine >= body.LinePoint || f.Name == "main.main" {
			if err := t.Wrap(f); err != nil {
				return linkError(err)
			}
		}
	}
	t.Rename(b.names.Plain)
	return t.Write()
}
