package admin

import (
	"testing"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/runtime/updater"
)

// The runtime cannot import the list that `upstarego explain` reads.
func TestCodesAreExplained(t *testing.T) {
	for _, code := range []string{
		codeBadRequest, codeForbidden, codeToken, codeTooMany, updater.CodeBusy, updater.CodeWrongBase, updater.CodeMapIncomplete,
		updater.CodeTimedOut, updater.CodeRefused, updater.CodeFailed, updater.CodeNoMemory,
	} {
		if _, ok := diag.Explain(code); !ok {
			t.Errorf("%s is not explained", code)
		}
	}
}
