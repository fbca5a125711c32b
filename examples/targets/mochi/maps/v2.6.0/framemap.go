//go:build upstarego

// Package upstare says how release 1 of example.com/mochid becomes release 2.
package upstare

import (
	"example.com/mochid/upstare/r2/is"
	"example.com/mochid/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

const (
	listeners = "github.com/mochi-mqtt/server/v2/listeners."
	unix      = listeners + "(*UnixSock).Serve.func1"
	websocket = listeners + "(*Websocket).handler"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// Listeners have their configurations by value, and names and addresses are in these.
	framemap.Zero(m, listeners+"Config", "ID", "Address") // of configurations that no listener has any more
	framemap.Type(m, listeners+"HTTPHealthCheck", listeners+"HTTPHealthCheck", func(o *was.Listeners_HTTPHealthCheck, n *is.Listeners_HTTPHealthCheck) {
		n.Config = config(o.Id, o.Address, o.Config)
	})
	framemap.Type(m, listeners+"HTTPStats", listeners+"HTTPStats", func(o *was.Listeners_HTTPStats, n *is.Listeners_HTTPStats) {
		n.Config = config(o.Id, o.Address, o.Config)
	})
	framemap.Type(m, listeners+"TCP", listeners+"TCP", func(o *was.Listeners_TCP, n *is.Listeners_TCP) {
		n.Config = config(o.Id, o.Address, o.Config)
	})
	framemap.Type(m, listeners+"UnixSock", listeners+"UnixSock", func(o *was.Listeners_UnixSock, n *is.Listeners_UnixSock) {
		n.Config = config(o.Id, o.Address, nil)
	})
	framemap.Type(m, listeners+"Websocket", listeners+"Websocket", func(o *was.Listeners_Websocket, n *is.Listeners_Websocket) {
		n.Config = config(o.Id, o.Address, o.Config)
	})

	framemap.Func(m, unix, unix, framemap.Points{
		1: 1, // old unixsock.go:74 `establish(l.id, conn)` → new line 78
	})
	framemap.Func(m, websocket, websocket, framemap.Points{
		3: 3, // old websocket.go:103 `l.establish(l.id, &wsConn{Conn: c.UnderlyingConn(), c: c})` → new line 101
	})

	// Where the server begins, which it has done.
	framemap.Never(m, "github.com/mochi-mqtt/server/v2.(*Server).Serve", 3, 5)
}

func config(id, address string, o *was.Listeners_Config) is.Listeners_Config {
	n := is.Listeners_Config{ID: id, Address: address}
	if o != nil {
		n.TLSConfig = o.TLSConfig
	}
	return n
}
