//go:build upstarego

// Package upstare says how release 2 of example.com/chat becomes release 3.
package upstare

import (
	"example.com/chat/upstare/r3/is"
	"example.com/chat/upstare/r3/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// A number of a message was an int. Nobody looks for links in what has been said.
	framemap.Type(m, "example.com/chat.message", "example.com/chat.message", func(o *was.Main_message, n *is.Main_message) {
		n.Id, n.Parts = is.Main_number(o.Id), []is.Main_part{{Text: o.Text}}
	})
	framemap.Type(m, "example.com/chat.room", "example.com/chat.room", func(o *was.Main_room, n *is.Main_room) {
		n.Last = is.Main_number(o.Last)
	})
	framemap.Type(m, "example.com/chat.visitor", "example.com/chat.visitor", func(o *was.Main_visitor, n *is.Main_visitor) {
		n.After = is.Main_number(o.After)
		n.Bytes = 0 // from now on
	})
	framemap.Locals(m, "example.com/chat.(*room).join", func(s *framemap.Stack, o *was.Main_room_join, n *is.Main_room_join) {
		n.Id = is.Main_number(o.Id)
	})
	framemap.Locals(m, "example.com/chat.(*room).wait", func(s *framemap.Stack, o *was.Main_room_wait, n *is.Main_room_wait) {
		n.Id = is.Main_number(o.Id)
	})
	framemap.Locals(m, "example.com/chat.(*hub).say", func(s *framemap.Stack, o *was.Main_hub_say, n *is.Main_hub_say) {
		n.Result5 = is.Main_number(o.Result5)
	})
}
