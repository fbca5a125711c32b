//go:build upstarego

// Package upstare says how release 1 of example.com/socksd becomes release 2.
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
		n.BindLn = o.Defer_bindLn_Close_operand0
	})

	// What is at another point of them is there for an instant.
	framemap.Never(m, fromHere, 6, 7)
	framemap.Func(m, fromHere, fromHere, framemap.Points{
		0: 0, // old handle.go:202 `entry` → new line 185
		1: 1, // old handle.go:212 `bindLn.ReadFrom(bufPool[:cap(bufPool)])` → new line 202
	})
	framemap.Locals(m, fromHere, func(s *framemap.Stack, o *was.Go_socks5_Server_handleAssociate_func2, n *is.Go_socks5_Server_handleAssociate_func2) {
		n.Request = &is.Go_socks5_Request{DestAddr: &is.Statute_AddrSpec{IP: net.IPv4zero}} // from everybody, as before
		dial := func(_ context.Context, network, addr string) (net.Conn, error) { return net.Dial(network, addr) }
		n.Dial = &dial
		n.Ctx = context.Background()
		n.SrcAddr, _ = o.SrcAddr.(*net.UDPAddr)
		n.Err_4 = o.Err_5
		n.Conns = targetsOf(o.BindLn, o.Target)
		o.Conns.Range(func(client, _ any) bool {
			n.Conns.Store(client.(string)+"--"+o.Target.RemoteAddr().String(), o.Target)
			return true
		})
	})

	framemap.Func(m, fromThere, fromThere, framemap.Points{
		0: 0, // old handle.go:230 `entry` → new line 232
		1: 1, // old handle.go:241 `target.Read(buf)` → new line 242
	})
	framemap.Locals(m, fromThere, func(s *framemap.Stack, o *was.Go_socks5_Server_handleAssociate_func2_func2, n *is.Go_socks5_Server_handleAssociate_func2_func2) {
		n.TargetNew, n.Conns = o.Target, targetsOf(o.BindLn, o.Target)
		if client, ok := o.SrcAddr.(*net.UDPAddr); ok {
			n.SrcAddr, n.ConnKey = client, client.String()+"--"+o.Target.RemoteAddr().String()
		}
		pk, err := statute.NewDatagram(o.Target.RemoteAddr().String(), nil)
		if err != nil {
			panic(err)
		}
		n.Pk = &is.Statute_Datagram{DstAddr: is.Statute_AddrSpec(pk.DstAddr)} // what answers are headed by
	})
}

// associations are the targets of those that there were: of what reads from the client and of
// what reads from the target there must be one. They are known by what they listen on.
var associations sync.Map

func targetsOf(bindLn *net.UDPConn, target net.Conn) *sync.Map {
	targets, _ := associations.LoadOrStore(bindLn, new(sync.Map))
	targets.(*sync.Map).Store("", target) // which closes it in the end, whether somebody has used it or not
	return targets.(*sync.Map)
}
