package rehearse

import (
	"reflect"
	"testing"
)

func TestDeclared(t *testing.T) {
	for name, want := range map[string]string{
		"main.main":                              "main.main",
		"main.main.func2":                        "main.main",
		"main.main.func2.1":                      "main.main",
		"main.main.gowrap3":                      "main.main",
		"example.com/p/v2.(*T).m.func1":          "example.com/p/v2.(*T).m",
		"example.com/p.(*T).m-fm":                "example.com/p.(*T).m",
		"example.com/p.each[...]":                "example.com/p.each",
		"example.com/p.each[go.shape.int].func1": "example.com/p.each",
		"example.com/p.walk-range1":              "example.com/p.walk",
		"example.com/p.walk.func1-range2":        "example.com/p.walk",
		"gopkg.in/yaml.v3.read2":                 "gopkg.in/yaml.v3.read2",
	} {
		if got := Declared(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestEnd(t *testing.T) {
	most := new(End)
	most.Merge(&End{Open: map[string]int{"pipe": 1, "/a": 2}, Goroutines: map[string]int{"p.f": 1}})
	most.Merge(&End{Open: map[string]int{"pipe": 3}, Goroutines: map[string]int{"p.f": 1, "p.g": 1}})
	if want := (&End{Open: map[string]int{"pipe": 3, "/a": 2}, Goroutines: map[string]int{"p.f": 1, "p.g": 1}}); !reflect.DeepEqual(most, want) {
		t.Errorf("%v, want %v", most, want)
	}
	open, goroutines := (&End{Open: map[string]int{"pipe": 3, "/a": 3}, Goroutines: map[string]int{"p.f": 1, "p.h": 1}}).Beyond(most)
	if !reflect.DeepEqual(open, []string{"/a"}) || !reflect.DeepEqual(goroutines, []string{"p.h"}) {
		t.Error(open, goroutines)
	}
}
