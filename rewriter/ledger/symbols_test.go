package ledger

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func sample() *Symbols {
	return &Symbols{
		Release: "2", Node: "B", Nodes: []string{"A", "B"},
		Packages: map[string]Package{
			"p": {Hash: "1", First: "A", Changed: "B"},
			"q": {Hash: "2", First: "A", Changed: "A"},
			"r": {Hash: "3", First: "B", Changed: "B"},
		},
		Types: map[string]Type{"p.T": {Shape: "x", Node: "B", Past: map[string]string{"y": "A"}}, "p.T·1": {Shape: "z", Node: "A", Local: "f/1"}},
		Vars:  map[string]Var{"p.V": {Shape: "v", Node: "A"}},
	}
}

func TestSymbolsRoundTrip(t *testing.T) {
	s := sample()
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeSymbols(data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, s) {
		t.Errorf("got %+v", got)
	}
	again, err := got.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again, data) {
		t.Error("equal values give other bytes")
	}
}

func TestRecompiled(t *testing.T) {
	s := sample()
	for path, want := range map[string]bool{"p": true, "q": false, "r": true, "fmt": false} {
		if s.Recompiled(path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for what, edit := range map[string]func(*Symbols){
		"is not the last":                func(s *Symbols) { s.Nodes = []string{"B", "A"} },
		"package p carries node \"C\"":   func(s *Symbols) { s.Packages["p"] = Package{First: "A", Changed: "C"} },
		"type p.T carries node \"C\"":    func(s *Symbols) { s.Types["p.T"] = Type{Node: "A", Past: map[string]string{"y": "C"}} },
		"variable p.V carries node \"\"": func(s *Symbols) { s.Vars["p.V"] = Var{} },
	} {
		s := sample()
		edit(s)
		data, err := s.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeSymbols(data); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("got %v, want %s", err, what)
		}
	}
	if _, err := DecodeSymbols([]byte(`{"surprise":1}`)); err == nil {
		t.Error("an unknown field is accepted")
	}
}

func TestChangesTypes(t *testing.T) {
	frame := func(name string) bool { return name == "p.frame" }
	before := sample()
	before.Types["p.frame"] = Type{Node: "A"}
	for _, c := range []struct {
		change func(*Symbols)
		want   bool
	}{
		{func(*Symbols) {}, false},
		{func(s *Symbols) { s.Types["p.more"] = Type{Node: "B"} }, false},
		{func(s *Symbols) { s.Types["p.frame"] = Type{Node: "B"} }, false},
		{func(s *Symbols) { delete(s.Types, "p.frame") }, false},
		{func(s *Symbols) { s.Types["p.T"] = Type{Node: "A"} }, true}, // it has come back
		{func(s *Symbols) { delete(s.Types, "p.T·1") }, true},
	} {
		s := sample()
		s.Types["p.frame"] = Type{Node: "A"}
		c.change(s)
		if s.ChangesTypes(before, frame) != c.want {
			t.Errorf("%v, want %v: %v", !c.want, c.want, s.Types)
		}
	}
}
