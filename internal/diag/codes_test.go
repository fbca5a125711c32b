package diag_test

import (
	"testing"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/runtime/update"
)

func TestCodesOfUpdateFilesAreExplained(t *testing.T) {
	for _, c := range []update.Code{
		update.NotReadable, update.NotAnUpdate, update.Truncated, update.Edited, update.OtherFormat, update.OtherArch, update.OtherGo,
		update.OtherFlags, update.OtherLineage, update.WrongBase, update.OtherSource, update.NotLoadable, update.WrongBinding, update.WrongState,
		update.NoTrust, update.NotSigned, update.OtherKey, update.BadSignature,
	} {
		if _, ok := diag.Explain(string(c)); !ok {
			t.Errorf("%s is not explained", c)
		}
	}
}
