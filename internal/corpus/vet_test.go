package corpus

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// allowed are vet's complaints about generated source that stand, with the reason.
var allowed = map[string]string{
	"unreachable code": "a resume body puts every statement at its top level and carries labels of its own: behind a return or a jump, what comes next may be there for one label that nothing in this function uses",
}

// TestVetOfGeneratedSource: go vet has nothing to say about the source that is compiled which it does not say
// about the user's, but for what is allowed.
func TestVetOfGeneratedSource(t *testing.T) {
	if *only != "" {
		t.Skip("not one of the corpus")
	}
	tool := toolPath(t)
	names := []string{"closures_shared", "defer_recover_arguments", "generics_nested", "lock_forms", "program_lru_worker_pool", "range_func_defer", "self_pointing_locals", "timers_contexts"}
	var programs []Program
	for _, name := range names {
		programs = append(programs, Program{Name: name, Path: filepath.Join(langDir, name+".go")})
	}
	programs = append(programs, Program{Name: "kvd", Layout: kvd})
	if testing.Short() {
		programs = programs[len(programs)-2:]
	}
	seen := map[string]bool{}
	for _, p := range programs {
		t.Run(p.Name, func(t *testing.T) {
			dir := t.TempDir()
			if err := p.WriteModule(dir); err != nil {
				t.Fatal(err)
			}
			plain := vet(t, dir)
			build := exec.Command(tool, "build", "-standalone", "-work", "-stress", "1", "-o", filepath.Join(t.TempDir(), "exe"), ".")
			build.Dir = dir
			out, err := build.CombinedOutput()
			_, work, found := strings.Cut(strings.TrimSpace(string(out)), "WORK=")
			if err != nil || !found {
				t.Fatalf("build: %v\n%s", err, out)
			}
			defer os.RemoveAll(work)
			alone := filepath.Join(work, "alone")
			for _, said := range vet(t, dir, "-overlay", filepath.Join(alone, "overlay.json"), "-modfile", filepath.Join(alone, "go.mod")) {
				seen[said] = true
				if _, ok := allowed[said]; !ok && !slices.Contains(plain, said) {
					t.Errorf("vet of the generated source: %s", said)
				}
			}
		})
	}
	for said := range allowed {
		if !seen[said] {
			t.Errorf("%q is allowed and not said: it was not the generated source, or it need not be allowed", said)
		}
	}
}

// kvd is the first release of the example.
func kvd(dir string) error { return os.CopyFS(dir, os.DirFS("../../examples/kvd/r1")) }

// vet is what go vet says about the module in dir, without positions.
func vet(t *testing.T, dir string, flags ...string) []string {
	cmd := exec.Command("go", append(append([]string{"vet"}, flags...), "./...")...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GOWORK=off")
	out, err := cmd.CombinedOutput()
	var said []string
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.SplitN(strings.TrimSpace(line), ": ", 2)
		said = append(said, parts[len(parts)-1])
	}
	if err != nil && len(said) == 0 {
		t.Fatalf("go vet: %v\n%s", err, out)
	}
	return said
}
