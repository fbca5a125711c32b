//go:build upstarego

// Package upstare says how release 1 of example.com/ftpd becomes release 2.
package upstare

import (
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// It is the path of the list that is being made, and set where that begins.
	framemap.Zero(m, "github.com/fclairamb/ftpserverlib.clientHandler", "listPath")
	framemap.Never(m, "github.com/fclairamb/ftpserverlib.(*clientHandler).getFileList")

	// Who waits here for the client to fetch a list has forgotten which directory it is of; the
	// client has 30 seconds.
	framemap.Never(m, "github.com/fclairamb/ftpserverlib.(*clientHandler).handleNLST", 2)
}
