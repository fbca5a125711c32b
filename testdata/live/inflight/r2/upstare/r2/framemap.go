//go:build upstarego

// Package upstare says how release 1 of example.com/inflight becomes release 2.
package upstare

import "github.com/upstarego/upstarego/framemap"

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Zero(m, "example.com/inflight.session", "more")
	framemap.Zero(m, "example.com/inflight.config", "More")
}
