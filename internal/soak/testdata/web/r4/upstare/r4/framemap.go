//go:build upstarego

// Package upstare says how release 3 of example.com/web becomes release 4, which has
// the code of release 1.
package upstare

import (
	"strconv"

	"example.com/web/upstare/r4/is"
	"example.com/web/upstare/r4/was"
	"github.com/upstarego/upstarego/framemap"
)

const (
	poll = "example.com/web.(*server).poll"
	wait = "example.com/web.(*listener).wait"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Type(m, "example.com/web.session", "example.com/web.session", func(o *was.Main_session, n *is.Main_session) {
		n.Count, n.Last = int(o.Counts.N), o.Counts.Last
	})
	framemap.Type(m, "example.com/web.value", "example.com/web.value", func(o *was.Main_value, n *is.Main_value) {
		n.N, _ = strconv.ParseInt(o.Text, 10, 64)
	})

	// What wait did is done in poll again. If it has returned, it was after one of the
	// select's cases.
	framemap.At(m, poll, 6, func(s *framemap.Stack, o *was.Main_server_poll) {
		in, point := framemap.Inner[was.Main_listener_wait](s, wait)
		switch {
		case in == nil:
			n := framemap.Frame[is.Main_server_poll](s, poll, 7)
			n.Case7 = 1
			if o.Result6 {
				n.Case7 = 0
			}
		case point == 1:
			n := framemap.Frame[is.Main_server_poll](s, poll, 6)
			framemap.Carry(s, &n.Upc, &in.Upc)
			framemap.Carry(s, &n.Result6, &in.Result1)
		default:
			n := framemap.Frame[is.Main_server_poll](s, poll, 7)
			framemap.Carry(s, &n.Case7, &in.Case2)
		}
	})
	framemap.At(m, wait, 1, nothing)
	framemap.At(m, wait, 2, nothing)
}

// nothing is left of a frame: its caller has taken over.
func nothing(*framemap.Stack, *was.Main_listener_wait) {}
