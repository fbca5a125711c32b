//go:build upstarego

// Package upstare says how go-socks5 0.0.6 becomes 0.1.0.
package upstare

import (
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// It is about the address to listen on, and those behind it listen already.
	framemap.Accept(m, "github.com/things-go/go-socks5.(*Server).handleAssociate", "if err := SendReply(writer, statute.RepServerFailure, nil); err != nil")
}
