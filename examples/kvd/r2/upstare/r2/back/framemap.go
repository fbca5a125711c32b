//go:build upstarego

// Package upstare says how release 2 of example.com/kvd becomes release 3 (release 1 once more).
package upstare

import (
	"example.com/kvd/upstare/r2/back/is"
	"example.com/kvd/upstare/r2/back/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// Nothing waits there but for locks, and goroutines go on by themselves:
	//
	//	10: old admin.go:96 `usage.lines()`
	framemap.Never(m, "example.com/kvd.doInfo", 10)

	// The way there has made two frames of one, which they become again.
	framemap.At(m, "example.com/kvd.(*client).serve", 1, func(s *framemap.Stack, o *was.Main_client_serve) { // client.go:44 `c.readCommand()`
		if in, point := framemap.Inner[was.Main_client_readCommand](s, "example.com/kvd.(*client).readCommand"); in != nil {
			switch point {
			case 1: // client.go:67 `c.in.ReadCommand()`
				n := framemap.Frame[is.Main_client_serve](s, "example.com/kvd.(*client).serve", 1) // client.go:44 `c.in.ReadCommand()`
				n.Unreported = o.Done.Commands
			case 2: // client.go:71 `c.send(resp.Error("ERR " + broken.Error()))`
				n := framemap.Frame[is.Main_client_serve](s, "example.com/kvd.(*client).serve", 2) // client.go:48 `c.send(resp.Error("ERR " + broken.Error()))`
				n.Unreported = o.Done.Commands
				n.Args = nil // it was no command
			}
		}
	})

	// The way there has made two frames of one, which they become again.
	framemap.At(m, "example.com/kvd.(*client).serve", 2, func(s *framemap.Stack, o *was.Main_client_serve) { // client.go:50 `c.dispatch(args)`
		if in, point := framemap.Inner[was.Main_client_dispatch](s, "example.com/kvd.(*client).dispatch"); in != nil {
			switch point {
			case 1: // client.go:93 `cmd.session(c, args)`
				n := framemap.Frame[is.Main_client_serve](s, "example.com/kvd.(*client).serve", 3) // client.go:68 `cmd.session(c, args)`
				n.Unreported = o.Done.Commands
				framemap.Carry(s, &n.Reply, &in.Reply)
			case 2: // client.go:95 `c.srv.db.Do(func(tx *store.Tx) { reply = cmd.data(c.srv, tx, args) })`
				n := framemap.Frame[is.Main_client_serve](s, "example.com/kvd.(*client).serve", 4) // client.go:70 `c.srv.db.Do(func(tx *store.Tx) { reply = cmd.data(c.srv, tx, args) })`
				n.Unreported = o.Done.Commands
				framemap.Carry(s, &n.Reply, &in.Reply)
			}
		}
	})

	// Nothing waits there but for locks, and goroutines go on by themselves:
	//
	//	5: old client.go:56 `usage.report(done)`
	framemap.Never(m, "example.com/kvd.(*client).serve", 5)

	framemap.Locals(m, "example.com/kvd.(*client).serve", func(s *framemap.Stack, o *was.Main_client_serve, n *is.Main_client_serve) {
		if s.Point() > 0 { // at the entry there is none yet
			n.Unreported = o.Done.Commands
		}
	})

	// The way there has made kvd.(*client).readCommand of a part of another function; no frame is left of it.
	framemap.At(m, "example.com/kvd.(*client).readCommand", 1, func(s *framemap.Stack, o *was.Main_client_readCommand) {}) // client.go:67 `c.in.ReadCommand()`
	framemap.At(m, "example.com/kvd.(*client).readCommand", 2, func(s *framemap.Stack, o *was.Main_client_readCommand) {}) // client.go:71 `c.send(resp.Error("ERR " + broken.Error()))`

	// The way there has made kvd.(*client).dispatch of a part of another function; no frame is left of it.
	framemap.At(m, "example.com/kvd.(*client).dispatch", 1, func(s *framemap.Stack, o *was.Main_client_dispatch) {}) // client.go:93 `cmd.session(c, args)`
	framemap.At(m, "example.com/kvd.(*client).dispatch", 2, func(s *framemap.Stack, o *was.Main_client_dispatch) {}) // client.go:95 `c.srv.db.Do(func(tx *store.Tx) { reply = cmd.data(c.srv, tx, args) })`

	// kvd.doObject is gone. Nothing in it waits but for locks: goroutines leave it by themselves.
	framemap.Never(m, "example.com/kvd.doObject")

	// kvd.(*usageTable).report is gone. Nothing in it waits but for locks: goroutines leave it by themselves.
	framemap.Never(m, "example.com/kvd.(*usageTable).report")

	// kvd.(*usageTable).lines is gone. Nothing in it waits but for locks: goroutines leave it by themselves.
	framemap.Never(m, "example.com/kvd.(*usageTable).lines")

	// Variables, for review; framemap.Initial, framemap.Var and framemap.VarFrom say otherwise.
	//
	//	kvd.commands starts anew with `map[string]command{`: nothing has changed it since it was initialised
}
