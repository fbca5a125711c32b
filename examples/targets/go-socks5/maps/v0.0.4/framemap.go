//go:build upstarego

// Package upstare says how go-socks5 0.0.3 becomes 0.0.4.
package upstare

import (
	"context"
	"net"
	"sync"

	"example.com/socksd/upstare/r2/is"
	"example.com/socksd/upstare/r2/was"
	"github.com/things-go/go-socks5/statute"
	"github.com/upstarego/upstarego/framemap"
)

const (
	associate = "github.com/things-go/go-socks5.(*Server).handleAssociate"
	fromThere = associate + ".func2.func2" // reads what the target says
	fromHere  = associate + ".func2"       // reads what the client says
)

// Map is called before anything is stopped.
//
// An association had one target, whatever its datagrams said; now it has one for each address
// in them. One that is there keeps its target as the one of that address.
func Map(m *framemap.Map) {
	framemap.Accept(m, "github.com/things-go/go-socks5.(*Server).ListenAndServe", "targetNew, err := dial(ctx, \"udp\", pk.DstAddr.String()); if err != nil")

	framemap.Never(m, associate, 1, 2) // the target is dialled: by UDP, which takes no time
	framemap.Func(m, associate, associate, framemap.Points{
		16: 10, // old handle.go:202 `sf.goFunc(func() { …` → new line 185
		17: 11, // old handle.go:280 `request.Reader.Read(buf[:cap(buf)])` → new line 279
	})
	// Whoever reads from the client closes the target, when the listener has been closed.
	framemap.DropDefer(m, associate, "target.Close()", "bindLn.Close()")
	framemap.Locals(m, associate, func(s *framemap.Stack, o *was.Go_socks5_Server_handleAssociate, n *is.Go_socks5_Server_handleAssociate) {
		n.BindLn = o.BindLn
	})

	framemap.Func(m, fromHere, fromHere, framemap.Points{
		0: 0, // old handle.go:202 `entry` → new line 185
		1: 1, // old handle.go:212 `bindLn.ReadFrom(bufPool[:cap(bufPool)])` → new line 202
	})
	framemap.Locals(m, fromHere, func(s *framemap.Stack, o *was.Go_socks5_Server_handleAssociate_func2, n *is.Go_socks5_Server_handleAssociate_func2) {
		n.XXX = o.XXX
		n.Defer_func = o.Defer_func
	})
	framemap.Func(m, fromThere, fromThere, framemap.Points{
		0: 0, // old handle.go:230 `entry` → new line 232
		1: 1, // old handle.go:241 `target.Read(buf)` → new line 242
	})
	framemap.Locals(m, fromThere, func(s *framemap.Stack, o *was.Go_socks5_Server_handleAssociate_func2_func2, n *is.Go_socks5_Server_handleAssociate_func2_func2) {
		n.XXX = o.XXX
	})
}
