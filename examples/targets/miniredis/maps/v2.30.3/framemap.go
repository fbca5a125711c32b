//go:build upstarego

// Package upstare says how release 1 of example.com/miniredisd becomes release 2.
package upstare

import (
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// Scripts are compiled apart from running now. One that runs is finished by the release that began it.
	framemap.Never(m, "github.com/alicebob/miniredis/v2.(*Miniredis).runLuaScript", 17, 20, 22)
}
