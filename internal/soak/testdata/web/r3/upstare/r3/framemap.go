//go:build upstarego

// Package upstare says how release 2 of example.com/web becomes release 3.
package upstare

import (
	"strconv"

	"example.com/web/upstare/r3/is"
	"example.com/web/upstare/r3/was"
	"github.com/upstarego/upstarego/framemap"
)

const (
	poll = "example.com/web.(*server).poll"
	wait = "example.com/web.(*listener).wait"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Type(m, "example.com/web.session", "example.com/web.session", func(o *was.Main_session, n *is.Main_session) {
		n.Counts = &is.Main_counts{N: int32(o.Count), Last: o.Last}
	})
	framemap.Type(m, "example.com/web.value", "example.com/web.value", func(o *was.Main_value, n *is.Main_value) {
		n.Text = strconv.FormatInt(o.N, 10)
	})

	// once is part of count again: whoever is in it leaves it first.
	framemap.Never(m, "example.com/web.(*server).count", 4)
	framemap.Never(m, "example.com/web.(*server).once")

	// Who polls waits in a function of its own.
	framemap.At(m, poll, 6, func(s *framemap.Stack, o *was.Main_server_poll) {
		framemap.Frame[is.Main_server_poll](s, poll, 6)
		inner := framemap.Frame[is.Main_listener_wait](s, wait, 1)
		framemap.Carry(s, &inner.Result1, &o.Result6)
	})
	framemap.At(m, poll, 7, func(s *framemap.Stack, o *was.Main_server_poll) {
		framemap.Frame[is.Main_server_poll](s, poll, 6)
		framemap.Frame[is.Main_listener_wait](s, wait, 2)
	})
}
