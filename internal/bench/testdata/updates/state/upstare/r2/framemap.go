//go:build upstarego

// Package upstare says how release 1 of bench.test/state becomes release 2.
package upstare

import "github.com/upstarego/upstarego/framemap"

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Zero(m, "bench.test/state.item", "stock")
}
