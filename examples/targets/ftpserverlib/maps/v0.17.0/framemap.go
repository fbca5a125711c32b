//go:build upstarego

// Package upstare says how ftpserverlib 0.16 becomes 0.17.
package upstare

import (
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// A public host that is no address is refused when settings are loaded, which has been done:
	// whoever sets one has to look at it before this update. This program sets none.
	framemap.Accept(m, "github.com/fclairamb/ftpserverlib.(*clientHandler).HandleCommands", "parsedIP = parsedIP.To4(); if parsedIP == nil")
}
