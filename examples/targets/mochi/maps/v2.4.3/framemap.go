//go:build upstarego

// Package upstare says how release 1 of example.com/mochid becomes release 2.
package upstare

import (
	"example.com/mochid/upstare/r2/is"
	"example.com/mochid/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// The reader stays what it is, with what it has read. Nothing has been written to the writer.
	framemap.Zero(m, "github.com/mochi-mqtt/server/v2.ClientConnection", "outbuf")
	framemap.Type(m, "github.com/mochi-mqtt/server/v2.ClientConnection", "github.com/mochi-mqtt/server/v2.ClientConnection", func(o *was.V2_ClientConnection, n *is.V2_ClientConnection) {
		if o.Bconn != nil {
			n.Bconn = o.Bconn.Reader
		}
	})
}
