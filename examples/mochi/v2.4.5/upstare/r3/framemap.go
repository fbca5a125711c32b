//go:build upstarego

// Package upstare says how release 2 of example.com/mochid becomes release 3.
package upstare

import "github.com/upstarego/upstarego/framemap"

const (
	v2      = "github.com/mochi-mqtt/server/v2."
	packets = "github.com/mochi-mqtt/server/v2/packets."
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// Version 2.4.5 copies buffers where 2.4.4 drained them, so that a packet
	// that is being written is finished by the version that began it. Who writes
	// a packet waits for the client's connection at most.
	framemap.Never(m, v2+"(*Client).WritePacket")
	framemap.Never(m, v2+"(*Client).WritePacket.func1")
	framemap.Never(m, packets+"(*Properties).Encode")
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
}
