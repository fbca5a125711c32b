//go:build upstarego

// Package upstare says how release 4 of example.com/chat becomes release 5.
package upstare

import (
	"example.com/chat/upstare/r5/is"
	"example.com/chat/upstare/r5/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Zero(m, "example.com/chat.room", "rules")

	// beat is called ping.
	framemap.Func(m, "example.com/chat.(*eventPipe).beat", "example.com/chat.(*eventPipe).ping", nil)
	framemap.Func(m, "example.com/chat.(*socketPipe).beat", "example.com/chat.(*socketPipe).ping", framemap.Points{
		1: 1, // old pipe.go:58 `p.conn.Ping(p.ctx)`, new pipe.go:62 `p.conn.Ping(ctx)`
	})
	framemap.Func(m, "example.com/chat.(*member).turn", "example.com/chat.(*member).turn", framemap.Points{
		4: 4, // old member.go:119 `m.to.beat()`, new member.go:122 `m.to.ping(m.left)`
	})

	// There are no commands yet: what is being said is.
	framemap.Accept(m, "example.com/chat.(*hub).say", `if text := string(text); strings.HasPrefix(text, "/")`)
	framemap.Locals(m, "example.com/chat.(*hub).say", func(s *framemap.Stack, o *was.Main_hub_say, n *is.Main_hub_say) {
		if s.Point() == 5 { // old web.go:114 `h.room(v.room).say(v, string(text))`; elsewhere it is that of reading
			n.Err = nil
		}
	})
	framemap.Locals(m, "example.com/chat.(*hub).socket", func(s *framemap.Stack, o *was.Main_hub_socket, n *is.Main_hub_socket) {
		n.Err_3 = nil
	})
}
