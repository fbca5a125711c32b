package gobuild

import (
	"os"
	"path/filepath"
	"strconv"
)

// A stage holds the contents that the overlay points to, in the work directory.
// Directories are numbered, files keep their names, so that `-work` is readable.
type stage struct {
	root string
	dirs map[string]int
}

func newStage(work string) (*stage, error) {
	return &stage{root: work, dirs: map[string]int{}}, os.MkdirAll(work, 0o755)
}

// put writes the content meant for the path place and returns where it lies.
// Different kinds keep different contents for the same place.
func (s *stage) put(kind, place string, content []byte) (string, error) {
	dir := filepath.Dir(place)
	n, ok := s.dirs[dir]
	if !ok {
		n = len(s.dirs)
		s.dirs[dir] = n
	}
	at := filepath.Join(s.root, kind, strconv.Itoa(n), filepath.Base(place))
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return "", err
	}
	return at, os.WriteFile(at, content, 0o644)
}
