//go:build upstarego

// Package upstare says how release 2 of example.com/onward becomes release 3.
package upstare

import (
	"example.com/onward/upstare/r3/is"
	"example.com/onward/upstare/r3/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Type(m, "example.com/onward/desk.Card", "example.com/onward/desk.Card", func(o *was.Desk_Card, n *is.Desk_Card) {
		n.N = int64(o.N) * 10
	})
}
