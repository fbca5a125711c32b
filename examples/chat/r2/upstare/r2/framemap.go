//go:build upstarego

// Package upstare says how release 1 of example.com/chat becomes release 2.
package upstare

import (
	"example.com/chat/upstare/r2/is"
	"example.com/chat/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

const write = "example.com/chat.(*member).write"

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// Nobody has counted, or looked at the clock.
	framemap.Zero(m, "example.com/chat.member", "sent")
	framemap.Zero(m, "example.com/chat.message", "at")

	// Who is in the loop over the box has sent a message, or flushed it, and goes on with
	// the rest of the box.
	framemap.Func(m, write, write, framemap.Points{
		3: 3, // old member.go:112 `m.to.send(msg)`, new member.go:117 `m.to.send(box[i])`
		4: 3, // old member.go:115 `m.to.flush()`
	})
	framemap.Locals(m, write, func(s *framemap.Stack, o *was.Main_member_write, n *is.Main_member_write) {
		switch s.Point() {
		case 2: // old member.go:111 `m.take()`
			framemap.Carry(s, &n.Box, &o.Result2)
		case 3, 4:
			framemap.Carry(s, &n.Box, &o.Upx)
			n.I = o.Upi_2
		}
	})
}
