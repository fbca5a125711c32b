//go:build upstarego

// Package upstare says how mochi-mqtt 2.4.5 becomes 2.4.6.
package upstare

import (
	"example.com/mochid/upstare/r2/is"
	"example.com/mochid/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Type(m, "github.com/mochi-mqtt/server/v2.Capabilities", "github.com/mochi-mqtt/server/v2.Capabilities", func(o *was.V2_Capabilities, n *is.V2_Capabilities) {
		n.MaximumInflight = 1024 * 8 // which takes the place of 0
	})

	// Figures are published all of the same moment, and packets are counted before they get an id.
	// Neither takes any time.
	framemap.Never(m, "github.com/mochi-mqtt/server/v2.(*Server).publishSysTopics")
	framemap.Never(m, "github.com/mochi-mqtt/server/v2.(*Server).publishToClient", 3)
}
