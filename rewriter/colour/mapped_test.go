package colour

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const mapped = `-- main.go --
package main

import "m/desk"

func main() {
	desk.Admit(&desk.Card{})
	desk.Other()
	(&desk.Card{}).Show()
	(&desk.Card{}).Hide()
}
-- desk/desk.go --
package desk

import "sync"

var mu sync.Mutex

type Card struct{ Late int }

func Admit(c *Card) {
	mu.Lock()
	mu.Unlock()
}

func Other() { Admit(nil) }

func Named() int { return 1 }

func (c *Card) Show() { Admit(c) }

func (c *Card) Hide() { Admit(c) }

func (c *Card) Sleep() {}
`

const mappedMap = `package upstare

import (
	"time"

	d "m/desk"
	"m/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

func Map(m *framemap.Map) {
	framemap.Go(m, "m/desk.(*Card).Hide", func(start func() *was.Desk_Card_Hide) { start() })
	framemap.Go(m, other(), func(start func() *was.Desk_Other) { start() })
	framemap.Locals(m, "m.main", func(s *framemap.Stack, o *was.Main_main, n *was.Main_main) {
		card := &d.Card{}
		admit := d.Admit
		const admitted = "m/desk.Admit"
		framemap.Start[was.Desk_Admit](s, admitted)
		n.Hide = 1 // a field of the name
		framemap.Then(s, func() {
			admit(card)
			card.Show()
			time.Sleep(1)
			println(d.Named(), s.Late())
		})
	})
}
`

// TestNamed: what a frame map may call, or start a goroutine with, has a gate, whether it
// can stop or not, and nothing else has one for it.
func TestNamed(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "mapped.txtar")
	if err := os.WriteFile(archive, []byte(mapped), 0o666); err != nil {
		t.Fatal(err)
	}
	p := loadArchive(t, archive)
	file, err := parser.ParseFile(token.NewFileSet(), "framemap.go", mappedMap, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	fs := Named(p, file)
	var names []string
	for _, f := range fs {
		names = append(names, f.FullName())
	}
	slices.Sort(names)
	want := "(*m/desk.Card).Show m/desk.Admit m/desk.Named"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("it may call %s, want %s", got, want)
	}
	begun := Begun(p, file)
	for i, m := range []Maps{{}, {Calls: fs}, {Begins: begun}, {Calls: fs, Begins: begun}} {
		res, err := Analyse(p, m)
		if err != nil {
			t.Fatal(err)
		}
		var gates []string
		for n, info := range res.Funcs {
			if info.Gate != None {
				gates = append(gates, res.Name(n)+" "+info.Gate.String())
			}
		}
		slices.Sort(gates)
		want := []string{
			"m.main full",
			"m.main full, m/desk.(*Card).Show redirect, m/desk.Admit redirect, m/desk.Named redirect",
			"m.main full, m/desk.(*Card).Hide full, m/desk.Admit full",
			"m.main full, m/desk.(*Card).Hide full, m/desk.(*Card).Show redirect, m/desk.Admit full, m/desk.Named redirect",
		}[i]
		if got := strings.Join(gates, ", "); got != want {
			t.Errorf("with %v: gates are %s, want %s", m, got, want)
		}
	}
}
