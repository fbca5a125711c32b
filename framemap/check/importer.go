package check

import (
	"bufio"
	"bytes"
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/gcexportdata"
)

// An ImporterConfig says how the go command is to see packages.
type ImporterConfig struct {
	Dir   string
	Env   []string // nil is the process's own
	Flags []string // -tags, -mod, …
	// Known are packages that need not be looked for, by path: the program's own,
	// which have no export data yet. Incomplete ones are completed in a copy.
	Known map[string]*types.Package
}

// NewImporter makes an importer that asks the go command for export data. It
// compiles what is not in the build cache and needs no network.
func NewImporter(cfg ImporterConfig) types.Importer {
	known := maps.Clone(cfg.Known) // export data refers to these where it can: types are the same then
	if known == nil {
		known = map[string]*types.Package{}
	}
	return &exportImporter{cfg: cfg, fset: token.NewFileSet(), known: known}
}

type exportImporter struct {
	cfg   ImporterConfig
	fset  *token.FileSet
	mu    sync.Mutex
	known map[string]*types.Package
}

func (i *exportImporter) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if p := i.known[path]; p != nil && p.Complete() {
		return p, nil
	}
	args := append([]string{"list", "-export", "-f", "{{.Export}}"}, i.cfg.Flags...)
	cmd := exec.Command("go", append(args, "--", path)...)
	cmd.Dir, cmd.Env = i.cfg.Dir, i.cfg.Env
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(slices.Clip(cmd.Env), "PWD="+i.cfg.Dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s", strings.TrimSpace(stderr.String()))
	}
	f, err := os.Open(strings.TrimSpace(string(out)))
	if err != nil {
		return nil, fmt.Errorf("no export data for %s: %w", path, err)
	}
	defer f.Close()
	r, err := gcexportdata.NewReader(bufio.NewReader(f))
	if err != nil {
		return nil, err
	}
	return gcexportdata.Read(r, i.fset, i.known, path)
}
