//go:build upstarego

// Package upstare says how release 1 of example.com/web becomes release 2.
package upstare

import (
	"time"

	"example.com/web/upstare/r2/is"
	"example.com/web/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

const count = "example.com/web.(*server).count"

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// Messages that nobody has looked at the clock for have the zero time.
	framemap.Zero(m, "example.com/web.message", "at")
	framemap.Zero(m, "example.com/web.value", "changes")
	framemap.Zero(m, "example.com/web.session", "again")
	framemap.Type(m, "example.com/web.session", "example.com/web.session", func(o *was.Main_session, n *is.Main_session) {
		n.First = time.Now()
		n.Count = int64(o.Count)
	})

	// What count does under the lock is once's business now.
	framemap.At(m, count, 4, func(s *framemap.Stack, o *was.Main_server_count) {
		framemap.Frame[is.Main_server_count](s, count, 4)
		inner := framemap.Frame[is.Main_server_once](s, "example.com/web.(*server).once", 1)
		inner.Defer_s_mu_Unlock, inner.Defer_s_mu_Unlock_operand0 = false, nil // it waits for the lock
	})

	framemap.Locals(m, "example.com/web.(*server).stream", func(s *framemap.Stack, o *was.Main_server_stream, n *is.Main_server_stream) {
		n.Sent = 0 // they are numbered from here on
	})
}
