//go:build upstarego

// Package upstare says how release 1 of example.com/held becomes release 2.
package upstare

import (
	"example.com/held/upstare/r2/is"
	"example.com/held/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

const item = "example.com/held.item"

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Type(m, item, item, func(o *was.Main_item, n *is.Main_item) {
		n.N = int64(o.N)
	})
}
