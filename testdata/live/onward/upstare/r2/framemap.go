//go:build upstarego

// Package upstare says how release 1 of example.com/onward becomes release 2.
package upstare

import (
	"strings"

	"example.com/onward/desk"
	"example.com/onward/upstare/r2/is"
	"example.com/onward/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Locals(m, "example.com/onward.(*client).hold", func(s *framemap.Stack, o *was.Main_client_hold, n *is.Main_client_hold) {
		for _, f := range onward(o.C) {
			framemap.Then(s, f)
		}
	})
	framemap.Locals(m, "example.com/onward.(*client).spin", func(s *framemap.Stack, o *was.Main_client_spin, n *is.Main_client_spin) {
		for _, f := range onward(o.C) {
			framemap.Then(s, f)
		}
	})
}

// onward is what is done for a client before it goes on.
func onward(c *was.Main_client) []func() {
	name, door := c.Name, c.Door
	kind, _, _ := strings.Cut(name, "-")
	admit := func() { desk.Admit(&desk.Card{Name: name, N: 7}) }
	switch kind {
	case "admitted":
		return []func(){admit}
	case "waiting":
		return []func(){func() { desk.Wait(name) }, admit}
	case "outside":
		return []func(){func() { <-door }}
	case "refused":
		return []func(){func() { panic("no place for " + name) }, admit}
	case "named":
		return []func(){func() { desk.Told <- desk.Named(name) }}
	case "early":
		admit() // while the frame is made
	}
	return nil
}
