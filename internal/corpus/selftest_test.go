package corpus

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The runner is tested with pairs of plain builds: equal ones must be the same, and each kind of difference
// must be seen. A comparison that sees nothing would pass every program.

const traced = `package main

import (
	"fmt"
	"os"
)

func main() {
	x := new(int)
	fmt.Printf("at %%p\n", x)
	fmt.Println("variant", %s)
	fmt.Fprintln(os.Stderr, "complains", %s)
	if %s {
		panic("deliberate")
	}
	%s
	os.Exit(%s)
}
`

func variant(out, err, panics, extra, exit string) string {
	return fmt.Sprintf(traced, out, err, panics, extra, exit)
}

// scripted builds the module's files after replacing its main program, as a wrong tool might.
func scripted(t *testing.T, source string) Builder {
	other := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(other, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	script := `printf '{"Replace":{"%s/p.go":"%s"}}' "$PWD" "$1" > "$2.overlay" && exec go build -overlay "$2.overlay" -o "$2" .`
	return Builder{args: []string{"sh", "-c", script, "sh", other, outFile}, Variants: []Variant{{Name: "scripted"}}}
}

func failing(script string) Builder {
	return Builder{args: []string{"sh", "-c", script}, Variants: []Variant{{Name: "failing"}}}
}

func TestRunnerSeesDifferences(t *testing.T) {
	t.Parallel()
	base := variant("1", "1", "false", "", "3")
	report := `os.WriteFile(os.Getenv("UPSTARE_STRESS_REPORT"), []byte("{\"captures\": 4, \"frames\": 9}"), 0o666)`
	tests := []struct {
		name    string
		builder Builder
		class   Class
		why     string
	}{
		{"equal", scripted(t, base), NoCapture, "no report"},
		{"unoptimised", Plain("-gcflags=all=-N -l"), NoCapture, "no report"},
		{"captured", scripted(t, variant("1", "1", "false", report, "3")), Same, ""},
		{"captured nothing", scripted(t, variant("1", "1", "false", strings.Replace(report, "4", "0", 1), "3")), NoCapture, "0 polls"},
		{"stdout", scripted(t, variant("2", "1", "false", "", "3")), Differs, `stdout, line 2: "variant 1", "variant 2"`},
		{"stderr", scripted(t, variant("1", "2", "false", "", "3")), Differs, `stderr, line 1: "complains 1", "complains 2"`},
		{"exit code", scripted(t, variant("1", "1", "false", "", "4")), Differs, "exit code: 3, 4"},
		{"panic", scripted(t, variant("1", "1", "true", "", "3")), Differs, "exit code: 3, 2"},
		{"more output", scripted(t, variant("1", "1", "false", `fmt.Println()`, "3")), Differs, "stdout, line 4: nothing"},
		{"hangs", scripted(t, variant("1", "1", "false", "for {}", "3")), TimedOut, "timed out"},
		{"does not compile", scripted(t, variant("1", "1", "false", "wrong", "3")), BuildFailed, "undefined: wrong"},
		{"refused", failing("echo 'p.go:3:4: goto: not carried; rewrite it [UP1101]' >&2; exit 1"), Refused, "UP1101"},
		{"generated code is wrong", failing("echo 'p.go:3:4: does not compile; report it [UP1201]' >&2; exit 1"), BuildFailed, "UP1201"},
		{"wrong use", failing("echo 'build: unknown command [UP1016]' >&2; exit 1"), BuildFailed, "UP1016"},
		{"builder breaks", failing("exit 7"), BuildFailed, "exit status 7"},
	}
	suite := Suite{Reference: Plain(), Parallel: 2, Plain: 10 * time.Second, Stressed: 2 * time.Second, Building: time.Minute, Work: t.TempDir()}
	for _, test := range tests {
		suite.Builders = append(suite.Builders, test.builder)
	}
	results, err := suite.Run(context.Background(), []Program{source(t, base)})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(tests) {
		t.Fatalf("%d results for %d builders", len(results), len(tests))
	}
	for i, test := range tests {
		r := results[i]
		if r.Class != test.class || !strings.Contains(strings.Join(r.Detail, "\n"), test.why) {
			t.Errorf("%s: class %q, detail %q; want %q, %q", test.name, r.Class, r.Detail, test.class, test.why)
		}
	}
}

func TestRunnerRejectsUnsuitable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ src, why string }{
		"not deterministic": {"package main\nimport (\"fmt\"; \"time\")\nfunc main() { fmt.Println(time.Now().UnixNano()) }\n", "two plain executions differ"},
		"does not end":      {"package main\nfunc main() { for {} }\n", "does not end"},
		"does not compile":  {"package main\nfunc main() { x }\n", "plain build"},
	} {
		suite := Suite{Reference: Plain(), Builders: []Builder{Plain()}, Plain: 2 * time.Second, Stressed: time.Second, Building: time.Minute, Work: t.TempDir()}
		results, err := suite.Run(context.Background(), []Program{source(t, test.src)})
		if err != nil {
			t.Fatal(err)
		}
		if r := results[0]; r.Class != Unsuitable || !strings.Contains(strings.Join(r.Detail, "\n"), test.why) {
			t.Errorf("%s: class %q, detail %q; want it to be unsuitable: %s", name, r.Class, r.Detail, test.why)
		}
	}
}

// TestLateOnesAreTriedAgain checks that a build and an execution that take too long the first time, as they do on a
// machine that is busy, are tried again alone before they count.
func TestLateOnesAreTriedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// Hangs unless it was called before.
	slowOnce := func(name string) string {
		mark := filepath.Join(dir, name)
		return fmt.Sprintf("if [ ! -e %s ]; then touch %[1]s; exec sleep 1000; fi\n", mark)
	}
	script := func(name string) Builder {
		exe := filepath.Join(dir, name+".exe")
		if err := os.WriteFile(exe, []byte("#!/bin/sh\n"+slowOnce(name+".execution.late")+"echo done\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return Builder{args: []string{"sh", "-c", slowOnce(name+".build.late") + "cp " + exe + ` "$0"`, outFile}, Variants: []Variant{{Name: name}}}
	}
	suite := Suite{Reference: script("plain"), Builders: []Builder{script("other")}, Plain: 2 * time.Second, Stressed: 2 * time.Second, Building: 2 * time.Second, Work: t.TempDir()}
	results, err := suite.Run(context.Background(), []Program{source(t, "package main\n")})
	if err != nil {
		t.Fatal(err)
	}
	if r := results[0]; r.Class != NoCapture {
		t.Errorf("class %q, detail %q", r.Class, r.Detail)
	}
	if marks, err := filepath.Glob(filepath.Join(dir, "*.late")); err != nil || len(marks) != 4 {
		t.Errorf("late were %v, %v: not both builds and executions", marks, err)
	}
}

func source(t *testing.T, src string) Program {
	path := filepath.Join(t.TempDir(), "p.go")
	if err := os.WriteFile(path, []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	return Program{Name: "p", Path: path}
}

func TestCrashesAreComparedWithoutStacks(t *testing.T) {
	const crash = "before\npanic: bad [recovered]\n\tpanic: worse\n\ngoroutine 1 [running]:\nmain.f(0xc000012345)\n\t/m/p.go:%s +0x1d\nmain.main()\n\t/m/p.go:20 +0x2f\nexit status 2\n"
	a := &Run{Exit: 2, Stderr: fmt.Appendf(nil, crash, "10")}
	b := &Run{Exit: 2, Stderr: fmt.Appendf(nil, crash, "11")}
	if d := Differences(a, b); d != nil || !TraceDiffers(a, b) {
		t.Errorf("another line in the stack: differences %q, trace differs: %v", d, TraceDiffers(a, b))
	}
	more := &Run{Exit: 2, Stderr: []byte(strings.Replace(string(a.Stderr), "main.main()", "main.f(0x1)\n\t/m/p.go:11 +0x1d\nmain.main()", 1))}
	if !TraceDiffers(a, more) {
		t.Errorf("a base in the stack: trace differs: %v", false)
	}
	c := &Run{Exit: 2, Stderr: []byte(strings.Replace(string(a.Stderr), "worse", "worst", 1))}
	if d := Differences(a, c); len(d) != 1 || TraceDiffers(a, c) {
		t.Errorf("another panic: differences %q, trace differs: %v", d, TraceDiffers(a, c))
	}
}

func TestTxtarModule(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.txtar")
	archive := "a program in two packages\n-- main.go --\npackage main\n-- dep/dep.go --\npackage dep\n"
	if err := os.WriteFile(path, []byte(archive), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := (Program{Name: "p", Path: path}).WriteModule(dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"main.go": "package main\n", "dep/dep.go": "package dep\n", "go.mod": string(goMod)} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
