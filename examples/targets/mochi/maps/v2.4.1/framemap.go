//go:build upstarego

// Package upstare says how mochi-mqtt 2.4.0 becomes 2.4.1.
package upstare

import (
	"log/slog"

	"example.com/mochid/upstare/r2/is"
	"example.com/mochid/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

const (
	attach = "github.com/mochi-mqtt/server/v2.(*Server).attachClient"
	serve  = "github.com/mochi-mqtt/server/v2/listeners.(*Listeners).Serve.func1"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Type(m, "github.com/mochi-mqtt/server/v2/listeners.HTTPStats", "github.com/mochi-mqtt/server/v2/listeners.HTTPStats", func(o *was.Listeners_HTTPStats, n *is.Listeners_HTTPStats) {
		n.Log = slog.Default()
	})

	// Closing waited for listeners, and waits for clients now. Nobody counts out of the old count,
	// and clients that are there are not in the new one: closing does not wait for them, as before.
	framemap.Zero(m, "github.com/mochi-mqtt/server/v2/listeners.Listeners", "ClientsWg")
	framemap.Func(m, serve, serve, framemap.Points{
		1: 1, // old listeners.go:91 `listener.Serve(e)` → new line 89
	})
	framemap.DropDefer(m, serve, "l.wg.Done()")
	framemap.Locals(m, attach, func(s *framemap.Stack, o *was.V2_Server_attachClient, n *is.V2_Server_attachClient) {
		n.Defer_s_Listeners_ClientsWg_Done = false
	})
}
