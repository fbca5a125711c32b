package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A chain is what a directory of updates says about them.
type chain struct {
	Made  string   `json:"made_of"` // the command and the program's sources, as digest
	Links []link   `json:"releases"`
	file  string   // where it is
	from  *builder // that builds what is missing
}

// A link is a release that has been built.
type link struct {
	Took time.Duration `json:"build_ns"`
	CPU  time.Duration `json:"build_cpu_ns"`
}

// openChain reads what is in the builder's directory, or begins a chain there.
func openChain(b *builder) (*chain, error) {
	c := &chain{file: filepath.Join(b.dir, "chain.json"), from: b}
	made, err := digest(b.tool, filepath.Join(b.root, b.program.dir), filepath.Join(b.root, "internal/soak/testdata/probe"))
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(c.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.Made = made
		return c, nil
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("%s: %w", c.file, err)
	}
	if c.Made != made {
		return nil, fmt.Errorf("%s: its updates were made by another upstarego, or of other sources: remove the directory, or name another one", c.file)
	}
	return c, nil
}

// digest is that of files, and of all files in folders.
func digest(paths ...string) (string, error) {
	sum := sha256.New()
	for _, p := range paths {
		err := filepath.WalkDir(p, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			name, err := filepath.Rel(p, path) // wherever they lie
			if err != nil {
				return err
			}
			fmt.Fprintln(sum, name)
			_, err = io.Copy(sum, f)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// together is how many builds are under way at a time: one needs the ledger of the one
// before it, which is there before that has been linked.
const together = 2

// build builds what is missing of releases 1 … last.
func (c *chain) build(ctx context.Context, last int, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var under []chan built // builds that are under way
	finish := func() error {
		r := <-under[0]
		under = under[1:]
		return c.add(r, out)
	}
	for n := len(c.Links) + 1; n <= last; n++ {
		if len(under) == together {
			if err := finish(); err != nil {
				return err
			}
		}
		from := ""
		if n > 1 {
			from = c.from.release(n - 1).base
			if len(under) > 0 {
				awaitFile(from, under[len(under)-1])
			}
		}
		src := filepath.Join(c.from.dir, fmt.Sprintf("src%d", n%together))
		done := make(chan built, 1)
		go func() { done <- c.from.buildIn(ctx, src, n, from) }()
		under = append(under, done)
	}
	for len(under) > 0 {
		if err := finish(); err != nil {
			return err
		}
	}
	return nil
}

// awaitFile returns when a file is there, or the build that makes it has come to its end.
func awaitFile(file string, build chan built) {
	for {
		if _, err := os.Stat(file); err == nil {
			return
		}
		select {
		case r := <-build:
			build <- r
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// add enters a release that has been built.
func (c *chain) add(r built, out io.Writer) error {
	if r.err != nil {
		return r.err
	}
	c.Links = append(c.Links, link{r.took, r.cpu})
	if err := c.write(); err != nil {
		return err
	}
	if r.n > 2 {
		os.Remove(c.from.release(r.n - 1).base)
	}
	if r.n%50 == 0 {
		fmt.Fprintf(out, "%d releases are built\n", r.n)
	}
	return nil
}

func (c *chain) write() error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetIndent("", "\t")
	if err := e.Encode(c); err != nil {
		return err
	}
	if err := os.WriteFile(c.file+".new", text.Bytes(), 0o666); err != nil {
		return err
	}
	return os.Rename(c.file+".new", c.file)
}

// release is a release of the chain that has been built.
func (c *chain) release(n int) built {
	r := c.from.release(n)
	r.took, r.cpu = c.Links[n-1].Took, c.Links[n-1].CPU
	return r
}

// hand gives releases 2 … last to whom the builder builds for.
func (c *chain) hand(ctx context.Context, last int) {
	defer close(c.from.out)
	for n := 2; n <= last; n++ {
		select {
		case c.from.out <- c.release(n):
		case <-ctx.Done():
			return
		}
	}
}
