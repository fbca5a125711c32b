package conformance

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/corpus"
)

// digest is that of everything a program's results come from, but for the tool and Go: its module, which it
// writes into dir, its flags, what is expected and the modes.
func digest(p corpus.Program, dir string) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %v %v\n", p.Flags, p.Env, p.Args, modes, releaseModes)
	if p.Expect != nil {
		fmt.Fprintf(h, "%q\n", *p.Expect)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := p.WriteModule(dir); err != nil {
		return "", fmt.Errorf("%s: %w", p.Name, err)
	}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(file)
		fmt.Fprintf(h, "%q %d\n", strings.TrimPrefix(file, dir), len(data))
		h.Write(data)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)[:12]), err
}

func fileDigest(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)[:12]), err
}

// Spread picks about n programs, the same ones each time: at equal distances in each group and directory, at least
// one of each.
func Spread(programs []corpus.Program, n int) []corpus.Program {
	of := func(p corpus.Program) string {
		if p.Group == "std" {
			return p.Group
		}
		return p.Group + " " + filepath.Dir(p.Name)
	}
	places := map[string][]corpus.Program{}
	var order []string
	for _, p := range programs {
		if p.Skip != "" {
			continue
		}
		if places[of(p)] == nil {
			order = append(order, of(p))
		}
		places[of(p)] = append(places[of(p)], p)
	}
	slices.Sort(order)
	var some []corpus.Program
	for _, o := range order {
		all := places[o]
		k := max(1, n*len(all)/len(programs))
		for i := range k {
			some = append(some, all[(2*i+1)*len(all)/(2*k)])
		}
	}
	return some
}
