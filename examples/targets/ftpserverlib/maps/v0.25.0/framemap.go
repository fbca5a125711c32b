//go:build upstarego

// Package upstare says how ftpserverlib 0.24 becomes 0.25.
package upstare

import (
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// The table of commands has new ones. Nobody changes it.
	framemap.Initial(m, "github.com/fclairamb/ftpserverlib.commandsMap")
}
