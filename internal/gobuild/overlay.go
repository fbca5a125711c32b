package gobuild

import (
	"encoding/json"
	"go/token"
	"os"
	"path/filepath"

	"github.com/upstarego/upstarego/internal/diag"
)

// readOverlay reads the user's own -overlay, whose relative paths are relative to
// where the go command runs. Whatever of the build reads a file of the user's has to
// read it through the overlay, as the go command does.
func (t *Target) readOverlay() error {
	f := t.Flags.Overlay
	if f == "" {
		return nil
	}
	data, err := os.ReadFile(f)
	var user struct{ Replace map[string]string }
	if err == nil {
		err = json.Unmarshal(data, &user)
	}
	if err != nil {
		return diag.New(diag.LoadFailed, token.Position{Filename: f}, "the overlay cannot be read", err.Error(), "")
	}
	abs := func(p string) string {
		if p == "" || filepath.IsAbs(p) {
			return p
		}
		return filepath.Join(t.Dir, p)
	}
	t.Overlay = map[string]string{}
	for name, content := range user.Replace {
		t.Overlay[filepath.Clean(abs(name))] = abs(content)
	}
	return nil
}

// Shown is the file that is read in the place of name.
func (t *Target) Shown(name string) string {
	if at, ok := t.Overlay[name]; ok {
		return at
	}
	return name
}
