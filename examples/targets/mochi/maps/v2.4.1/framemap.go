//go:build upstarego

// Package upstare says how release 1 of example.com/mochid becomes release 2.
package upstare

import (
	"log/slog"

	"example.com/mochid/upstare/r2/is"
	"example.com/mochid/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// Carried over in HTTPStats: RWMutex, id, address, config, listen, sysInfo, end.
	framemap.Type(m, "github.com/mochi-mqtt/server/v2/listeners.HTTPStats", "github.com/mochi-mqtt/server/v2/listeners.HTTPStats", func(o *was.Listeners_HTTPStats, n *is.Listeners_HTTPStats) {
		n.Log = slog.Default()
	})

	// Closing waited for listeners, and waits for clients now. Nobody counts out of the old count,
	// and clients that are there are not in the new one: closing does not wait for them, as before.
	framemap.Zero(m, "github.com/mochi-mqtt/server/v2/listeners.Listeners", "ClientsWg")
	framemap.Func(m, "github.com/mochi-mqtt/server/v2/listeners.(*Listeners).Serve.func1", "github.com/mochi-mqtt/server/v2/listeners.(*Listeners).Serve.func1", framemap.Points{
		1: 1, // old listeners.go:91 `listener.Serve(e)` → 1, new listeners.go:89 `listener.Serve(e)`
	})
	framemap.DropDefer(m, "github.com/mochi-mqtt/server/v2/listeners.(*Listeners).Serve.func1", "l.wg.Done()")
	framemap.Locals(m, "github.com/mochi-mqtt/server/v2.(*Server).attachClient", func(s *framemap.Stack, o *was.V2_Server_attachClient, n *is.V2_Server_attachClient) {
		n.Defer_s_Listeners_ClientsWg_Done = false // it is not called
	})
}
