//go:build upstarego

// Package upstare says how release 1 of example.com/chat becomes release 2.
package upstare

import (
	"example.com/chat/upstare/r2/is"
	"example.com/chat/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// Nobody has counted, or looked at the clock.
	framemap.Zero(m, "example.com/chat.member", "sent")
	framemap.Zero(m, "example.com/chat.message", "at")

	// Who is sending a message goes on in the new loop, and looks for more.
	framemap.Locals(m, "example.com/chat.(*member).write", func(s *framemap.Stack, o *was.Main_member_write, n *is.Main_member_write) {
		n.Msg, n.N, n.More = nil, 0, true // at point 2, member.go:79 `m.to.send(msg)`
	})
}
