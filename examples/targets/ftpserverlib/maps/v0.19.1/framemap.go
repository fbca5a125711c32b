//go:build upstarego

// Package upstare says how ftpserverlib 0.18 becomes 0.19.
package upstare

import (
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// A session can require TLS now. None of those that are there does, and it is asked again for
	// each transfer.
	framemap.Accept(m, "github.com/fclairamb/ftpserverlib.(*clientHandler).TransferOpen", "if c.isTLSRequired() && !c.HasTLSForTransfers()")
}
