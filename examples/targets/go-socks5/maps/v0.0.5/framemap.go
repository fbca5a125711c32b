//go:build upstarego

// Package upstare says how go-socks5 0.0.4 becomes 0.0.5.
package upstare

import (
	"example.com/socksd/upstare/r2/is"
	"example.com/socksd/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// target is declared before it is set now, so that closures share it by pointer. Nobody sets
	// it again once they have begun: each may have one of its own.
	framemap.Locals(m, "github.com/things-go/go-socks5.(*Server).handleConnect", func(s *framemap.Stack, o *was.Go_socks5_Server_handleConnect, n *is.Go_socks5_Server_handleConnect) {
		n.Target = &o.Target
	})
	framemap.Locals(m, "github.com/things-go/go-socks5.(*Server).handleConnect.func2", func(s *framemap.Stack, o *was.Go_socks5_Server_handleConnect_func2, n *is.Go_socks5_Server_handleConnect_func2) {
		n.Target = &o.Target
	})
	framemap.Locals(m, "github.com/things-go/go-socks5.(*Server).handleConnect.func3", func(s *framemap.Stack, o *was.Go_socks5_Server_handleConnect_func3, n *is.Go_socks5_Server_handleConnect_func3) {
		n.Target = &o.Target
	})

	// What dialled by default stays in the server's field dial; who calls it gets what dials when
	// the field is nil, which does the same.
	framemap.Func(m, "github.com/things-go/go-socks5.NewServer.func1", "github.com/things-go/go-socks5.(*Server).handleConnect.func1", framemap.Points{
		0: 0, // old server.go:67 `entry` → handle.go:119
		1: 1, // old server.go:68 `net.Dial(net_, addr)` → handle.go:120
	})
}
