//go:build upstarego

// Package upstare says how go-socks5 0.0.5 becomes 0.0.6.
package upstare

import (
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// The handler is chosen first and called last: who is in it is where last is called.
	framemap.Func(m, "github.com/things-go/go-socks5.(*Server).handleRequest", "github.com/things-go/go-socks5.(*Server).handleRequest", framemap.Points{
		10: 14, // old handle.go:89 `sf.handleConnect(ctx, write, req)` → new line 116
		14: 14, // old handle.go:99 `sf.handleAssociate(ctx, write, req)` → new line 116
	})
}
