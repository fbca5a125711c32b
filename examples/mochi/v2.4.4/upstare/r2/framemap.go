//go:build upstarego

// Package upstare says how release 1 of example.com/mochid becomes release 2.
package upstare

import "github.com/upstarego/upstarego/framemap"

const (
	v2      = "github.com/mochi-mqtt/server/v2."
	packets = "github.com/mochi-mqtt/server/v2/packets."
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// Version 2.4.4 takes buffers from a pool and gives them back by deferred
	// calls. Encoding waits for nobody, so that who is at it finishes first.
	framemap.Never(m, packets+"(*Packet).ConnectEncode")
	framemap.Never(m, packets+"(*Packet).ConnackEncode")
	framemap.Never(m, packets+"(*Packet).DisconnectEncode")
	framemap.Never(m, packets+"(*Packet).PublishEncode")
	framemap.Never(m, packets+"(*Packet).encodePubAckRelRecComp")
	framemap.Never(m, packets+"(*Packet).SubackEncode")
	framemap.Never(m, packets+"(*Packet).SubscribeEncode")
	framemap.Never(m, packets+"(*Packet).UnsubackEncode")
	framemap.Never(m, packets+"(*Packet).UnsubscribeEncode")
	framemap.Never(m, packets+"(*Packet).AuthEncode")

	// A packet that is being written without a buffer before it is written and
	// its length returned, as where nothing waits.
	framemap.Func(m, v2+"(*Client).WritePacket.func1", v2+"(*Client).WritePacket.func1", framemap.Points{
		5: 2, // old clients.go:606 `buf.WriteTo(cl.Net.Conn)` → new line 590
	})
}
