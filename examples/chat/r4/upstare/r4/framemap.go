//go:build upstarego

// Package upstare says how release 3 of example.com/chat becomes release 4.
package upstare

import (
	"io"
	"time"

	"example.com/chat/upstare/r4/is"
	"example.com/chat/upstare/r4/was"
	"github.com/upstarego/upstarego/framemap"
)

const (
	write  = "example.com/chat.(*member).write"
	turn   = "example.com/chat.(*member).turn"
	pass   = "example.com/chat.(*member).pass"
	socket = "example.com/chat.(*hub).socket"
	read   = "example.com/chat.(*member).read"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Zero(m, "example.com/chat.hub", "sweeps")
	framemap.Zero(m, "example.com/chat.room", "gone")

	// What was inside the loop of write is in turn, and messages are sent in pass.
	framemap.At(m, write, 1, func(s *framemap.Stack, o *was.Main_member_write) { // old member.go:113 `select { …`
		framemap.Frame[is.Main_member_write](s, write, 1)
		n := framemap.Frame[is.Main_member_turn](s, turn, 1)
		n.Beat, n.Case1 = o.Beat.C, o.Case1
	})
	framemap.At(m, write, 2, func(s *framemap.Stack, o *was.Main_member_write) { // old member.go:115 `m.take()`
		framemap.Frame[is.Main_member_write](s, write, 1)
		n := framemap.Frame[is.Main_member_turn](s, turn, 2)
		framemap.Carry(s, &n.Result2, &o.Box)
	})
	framemap.At(m, write, 3, func(s *framemap.Stack, o *was.Main_member_write) { // old member.go:117 `m.to.send(box[i])`
		framemap.Frame[is.Main_member_write](s, write, 1)
		framemap.Frame[is.Main_member_turn](s, turn, 3)
		n := framemap.Frame[is.Main_member_pass](s, pass, 1)
		framemap.Carry(s, &n.Upx, &o.Box)
		n.Upi_2 = o.I
	})
	framemap.At(m, write, 4, func(s *framemap.Stack, o *was.Main_member_write) { // old member.go:120 `m.to.flush()`
		framemap.Frame[is.Main_member_write](s, write, 1)
		framemap.Frame[is.Main_member_turn](s, turn, 3)
		n := framemap.Frame[is.Main_member_pass](s, pass, 2)
		n.Err_2 = o.Err
	})
	framemap.At(m, write, 5, func(s *framemap.Stack, o *was.Main_member_write) { // old member.go:124 `m.to.beat()`
		framemap.Frame[is.Main_member_write](s, write, 1)
		n := framemap.Frame[is.Main_member_turn](s, turn, 4)
		n.Result4 = o.Err
	})

	// read is part of socket.
	framemap.At(m, socket, 7, func(s *framemap.Stack, o *was.Main_hub_socket) { // old web.go:95 `m.read(conn)`
		in, point := framemap.Inner[was.Main_member_read](s, read)
		switch {
		case in == nil: // it has returned, because the connection was closed
			n := framemap.Frame[is.Main_hub_socket](s, socket, 7)
			n.Conn, n.M, n.Text, n.Err_2 = nil, nil, nil, io.EOF
		case point == 1: // old member.go:137 `conn.Read(m.left)`
			n := framemap.Frame[is.Main_hub_socket](s, socket, 7)
			framemap.Carry(s, &n.Conn, &in.Conn)
			framemap.Carry(s, &n.M, &in.M)
			framemap.Carry(s, &n.Text, &in.Text)
			framemap.Carry(s, &n.Err_2, &in.Err)
		default: // old member.go:142 `m.room.say(m.who, string(text))`
			n := framemap.Frame[is.Main_hub_socket](s, socket, 8)
			framemap.Carry(s, &n.Conn, &in.Conn)
			framemap.Carry(s, &n.M, &in.M)
		}
	})
	framemap.At(m, read, 1, func(s *framemap.Stack, o *was.Main_member_read) {})
	framemap.At(m, read, 2, func(s *framemap.Stack, o *was.Main_member_read) {})

	// The handler that the server was given in release 1 does not know the rooms.
	framemap.Locals(m, "example.com/chat.routes.func2", func(s *framemap.Stack, o *was.Main_routes_func2, n *is.Main_routes_func2) {
		framemap.FromVariable(s, &n.H, "example.com/chat.rooms")
	})
	framemap.Go(m, "example.com/chat.(*hub).janitor", func(start func() *is.Main_hub_janitor) {
		n := start()
		n.H, n.Every = *framemap.Variable[*is.Main_hub](m, "example.com/chat.rooms"), time.Minute
	})
}
