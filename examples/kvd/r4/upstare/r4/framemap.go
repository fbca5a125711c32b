//go:build upstarego

// Package upstare says how release 3 of example.com/kvd becomes release 4, which
// is release 1 again.
package upstare

import (
	"example.com/kvd/upstare/r4/is"
	"example.com/kvd/upstare/r4/was"
	"github.com/upstarego/upstarego/framemap"
)

const (
	await       = "example.com/kvd.(*client).await"
	serve       = "example.com/kvd.(*client).serve"
	readCommand = "example.com/kvd.(*client).readCommand"
	dispatch    = "example.com/kvd.(*client).dispatch"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// Times become milliseconds again.
	framemap.Type(m, "example.com/kvd/internal/store.Tx", "example.com/kvd/internal/store.Tx", func(o *was.Store_Tx, n *is.Store_Tx) {
		n.Now = o.Now.UnixMilli()
	})
	framemap.Type(m, "example.com/kvd/internal/store.entry", "example.com/kvd/internal/store.entry", func(o *was.Store_entry, n *is.Store_entry) {
		n.ExpireAt = 0
		if !o.Expires.IsZero() {
			n.ExpireAt = o.Expires.UnixMilli()
		}
	})

	// readCommand and dispatch are part of serve again: what was inside them goes
	// on inside serve.
	framemap.At(m, serve, 1, func(s *framemap.Stack, o *was.Main_client_serve) {
		if _, point := framemap.Inner[was.Main_client_readCommand](s, readCommand); point == 2 {
			n := framemap.Frame[is.Main_client_serve](s, serve, 2)
			n.Unreported = o.Done.Commands
			n.Args = nil // it was no command
		} else {
			framemap.Frame[is.Main_client_serve](s, serve, 1).Unreported = o.Done.Commands
		}
	})
	framemap.At(m, readCommand, 1, nothing[was.Main_client_readCommand])
	framemap.At(m, readCommand, 2, nothing[was.Main_client_readCommand])
	framemap.At(m, serve, 2, func(s *framemap.Stack, o *was.Main_client_serve) {
		inner, point := framemap.Inner[was.Main_client_dispatch](s, dispatch)
		if point == 2 {
			n := framemap.Frame[is.Main_client_serve](s, serve, 4)
			n.Unreported = o.Done.Commands
			framemap.Carry(s, &n.Reply, &inner.Reply)
			return
		}
		n := framemap.Frame[is.Main_client_serve](s, serve, 3)
		n.Unreported = o.Done.Commands
		reply := is.Resp_Reply(o.Reply)
		n.Reply = &reply
	})
	framemap.At(m, dispatch, 1, nothing[was.Main_client_dispatch])
	framemap.At(m, dispatch, 2, nothing[was.Main_client_dispatch])
	framemap.At(m, serve, 5, func(s *framemap.Stack, o *was.Main_client_serve) {
		n := framemap.Frame[is.Main_client_serve](s, serve, 6)
		n.Unreported, n.Result6 = 0, 0 // reported, and nothing is buffered: it flushes next
	})
	framemap.Locals(m, serve, func(s *framemap.Stack, o *was.Main_client_serve, n *is.Main_client_serve) {
		if s.Point() > 0 { // at the entry there is none yet
			n.Unreported = o.Done.Commands
		}
	})

	// A client that waits waits in the old select, without its two new cases: one
	// that was just taken is taken back.
	framemap.Func(m, await, await, framemap.Points{
		1: 1, // old blocking.go:52 `select { …`, new blocking.go:46
		4: 4, // old blocking.go:70 `c.giveBack(w)`, new blocking.go:61 `c.srv.db.Do(…)`
		5: 4, // old blocking.go:74 `c.giveBack(w)`
	})
	framemap.Locals(m, await, func(s *framemap.Stack, o *was.Main_client_await, n *is.Main_client_await) {
		n.Case1 = [...]int{0, 1, 2, 0, 3, 0}[o.Case1]
	})
	framemap.Never(m, await, 3)
	framemap.Never(m, "example.com/kvd.(*client).giveBack")

	// What release 4 does not have, and what is over soon.
	framemap.Never(m, "example.com/kvd.doExec")
	framemap.Never(m, "example.com/kvd.doExec.func1")
	framemap.Never(m, "example.com/kvd.doInfo", 10)
	framemap.Never(m, "example.com/kvd.doObject")
	framemap.Never(m, "example.com/kvd.doUnwatch")
	framemap.Never(m, "example.com/kvd.doWatch")
	framemap.Never(m, "example.com/kvd.doWatch.func1")
	// Nobody calls these later: the table of commands is new, and who has the literals is in doExec or doWatch.
	framemap.Never(m, "example.com/kvd.doExec.func1", 0)
	framemap.Never(m, "example.com/kvd.doObject", 0)
	framemap.Never(m, "example.com/kvd.doUnwatch", 0)
	framemap.Never(m, "example.com/kvd.doWatch", 0)
	framemap.Never(m, "example.com/kvd.doWatch.func1", 0)
	framemap.Never(m, "example.com/kvd.(*usageTable).lines")
	framemap.Never(m, "example.com/kvd.(*usageTable).report")
}

// nothing is left of a frame: its caller has taken over.
func nothing[Old any](*framemap.Stack, *Old) {}
