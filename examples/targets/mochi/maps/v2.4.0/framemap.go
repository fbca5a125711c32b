//go:build upstarego

// Package upstare says how release 1 of example.com/mochid becomes release 2.
package upstare

import (
	"log/slog"
	"os"

	"example.com/mochid/upstare/r2/is"
	"example.com/mochid/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// logger is what the new release logs with if it is told nothing.
var logger = slog.New(slog.NewTextHandler(os.Stdout, nil))

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Type(m, "github.com/mochi-mqtt/server/v2.HookBase", "github.com/mochi-mqtt/server/v2.HookBase", func(o *was.V2_HookBase, n *is.V2_HookBase) {
		n.Log = logger
	})
	framemap.Type(m, "github.com/mochi-mqtt/server/v2.Hooks", "github.com/mochi-mqtt/server/v2.Hooks", func(o *was.V2_Hooks, n *is.V2_Hooks) {
		n.Log = logger
	})
	framemap.Type(m, "github.com/mochi-mqtt/server/v2.Options", "github.com/mochi-mqtt/server/v2.Options", func(o *was.V2_Options, n *is.V2_Options) {
		n.Logger = logger
		n.InlineClient = false // the server was made without one
	})
	framemap.Type(m, "github.com/mochi-mqtt/server/v2.Server", "github.com/mochi-mqtt/server/v2.Server", func(o *was.V2_Server, n *is.V2_Server) {
		n.Log = logger
		n.InlineClient = nil
	})
	framemap.Type(m, "github.com/mochi-mqtt/server/v2.Subscribers", "github.com/mochi-mqtt/server/v2.Subscribers", func(o *was.V2_Subscribers, n *is.V2_Subscribers) {
		n.InlineSubscriptions = map[int]is.V2_InlineSubscription{}
	})
	framemap.Type(m, "github.com/mochi-mqtt/server/v2.ops", "github.com/mochi-mqtt/server/v2.ops", func(o *was.V2_ops, n *is.V2_ops) {
		n.Log = logger
	})
	framemap.Type(m, "github.com/mochi-mqtt/server/v2.particle", "github.com/mochi-mqtt/server/v2.particle", func(o *was.V2_particle, n *is.V2_particle) {
		n.InlineSubscriptions = &is.V2_InlineSubscriptions{Internal: map[int]is.V2_InlineSubscription{}}
	})
	framemap.Type(m, "github.com/mochi-mqtt/server/v2/listeners.Net", "github.com/mochi-mqtt/server/v2/listeners.Net", func(o *was.Listeners_Net, n *is.Listeners_Net) {
		n.Log = logger
	})
	framemap.Type(m, "github.com/mochi-mqtt/server/v2/listeners.TCP", "github.com/mochi-mqtt/server/v2/listeners.TCP", func(o *was.Listeners_TCP, n *is.Listeners_TCP) {
		n.Log = logger
	})
	framemap.Type(m, "github.com/mochi-mqtt/server/v2/listeners.UnixSock", "github.com/mochi-mqtt/server/v2/listeners.UnixSock", func(o *was.Listeners_UnixSock, n *is.Listeners_UnixSock) {
		n.Log = logger
	})
	framemap.Type(m, "github.com/mochi-mqtt/server/v2/listeners.Websocket", "github.com/mochi-mqtt/server/v2/listeners.Websocket", func(o *was.Listeners_Websocket, n *is.Listeners_Websocket) {
		n.Log = logger
	})

	framemap.Func(m, "github.com/mochi-mqtt/server/v2.(*Server).eventLoop", "github.com/mochi-mqtt/server/v2.(*Server).eventLoop", framemap.Points{
		4: 2, // old server.go:290 `select { …` → new server.go:306
	})
	framemap.DropDefer(m, "github.com/mochi-mqtt/server/v2.(*Server).eventLoop", "s.Log.Debug().Msg(\"system event loop halted\")")
	framemap.Locals(m, "github.com/mochi-mqtt/server/v2.(*Server).eventLoop", func(s *framemap.Stack, o *was.V2_Server_eventLoop, n *is.V2_Server_eventLoop) {
		n.Defer_s_Log_Debug = true
		n.Defer_s_Log_Debug_operand0 = logger
	})
}
