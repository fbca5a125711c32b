package corpus

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestRecipe(t *testing.T) {
	for src, want := range map[string]recipe{
		"// run\n\npackage main":                                               {action: "run"},
		"// run -gcflags=-l a.go b\npackage main":                              {action: "run", flags: []string{"-gcflags=-l"}, args: []string{"a.go", "b"}},
		"// run -gcflags='all=-N -l'\npackage main":                            {action: "run", flags: []string{"-gcflags=all=-N -l"}},
		"// run -gcflags -l=4\npackage main":                                   {action: "run", flags: []string{"-gcflags", "-l=4"}},
		"// run -goexperiment fieldtrack\npackage main":                        {action: "run", env: []string{"GOEXPERIMENT=fieldtrack"}},
		"// rundir -s -ldflags -strictdups=2 -w=0\npackage ignored":            {action: "rundir", each: true, flags: []string{"-ldflags", "-strictdups=2", "-w=0"}},
		"//go:build windows\n\n// run\n\npackage main":                         {action: "run", skip: "//go:build windows"},
		"//go:build linux && go1.18 && gc && test_run\n// run\n\npackage main": {action: "run"},
		"// run\n\n//go:build goexperiment.nothing || wasm\n\npackage main":    {action: "run", skip: "//go:build goexperiment.nothing || wasm"},
		"// errorcheck -0 -m=1\npackage p":                                     {action: "errorcheck", flags: []string{"-m=1"}},
	} {
		got, err := parseRecipe(src)
		if err != nil {
			t.Errorf("%q: %v", src, err)
		}
		for _, l := range []*[]string{&got.flags, &got.args, &want.flags, &want.args} {
			if len(*l) == 0 {
				*l = nil
			}
		}
		if want.skip != "" && got.skip == "" || !reflect.DeepEqual(got, want) && want.skip == "" {
			t.Errorf("%q: got %+v, want %+v", src, got, want)
		}
	}
	if _, err := parseRecipe("// run -gcflags='-l\npackage main"); err == nil {
		t.Error("an unclosed quote is taken")
	}
}

func TestRundirModule(t *testing.T) {
	dir, mod := t.TempDir(), t.TempDir()
	for name, src := range map[string]string{
		"a.go": "package a\n\nimport \"fmt\"\n", "b_test.go": "package a\n", "m.go": "package main\n\nimport (\n\tx \"./a\"\n\t\"os\"\n)\n\nvar s = \"./a\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := layoutRundir(dir, mod, false); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"a/a.go": "package a\n\nimport \"fmt\"\n", "a/b_test_.go": "package a\n",
		"m.go": "package main\n\nimport (\n\tx \"test/a\"\n\t\"os\"\n)\n\nvar s = \"./a\"\n", "go.mod": string(TestMod),
	} {
		if got, err := os.ReadFile(filepath.Join(mod, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if got := rundirFlags([]string{"-l=4", "-ldflags", "-strictdups=2", "-w=0"}); !reflect.DeepEqual(got, []string{"-ldflags=-strictdups=2 -w=0", "-gcflags=test/...=-l=4"}) {
		t.Errorf("flags: %q", got)
	}
}
