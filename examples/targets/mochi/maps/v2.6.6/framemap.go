//go:build upstarego

// Package upstare says how mochi-mqtt 2.6.0 becomes 2.6.6.
package upstare

import (
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// There can be a limit to how many clients there are. Those that are there stay.
	framemap.Accept(m, "github.com/mochi-mqtt/server/v2.(*Server).attachClient", "if atomic.LoadInt64(&s.Info.ClientsConnected) >= s.Options.Capabilities.MaximumClients")
}
