//go:build upstarego

// Package upstare says how miniredis 2.30.2 becomes 2.30.3.
package upstare

import (
	"github.com/upstarego/upstarego/framemap"
)

const script = "github.com/alicebob/miniredis/v2.(*Miniredis).runLuaScript"

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// Scripts are compiled apart from running now. One that runs is finished by the release that began it.
	framemap.Never(m, script, 17, 20, 22)
}
