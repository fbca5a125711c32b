//go:build upstarego

// Package upstare says how release 1 of example.com/miniredisd becomes release 2.
package upstare

import (
	"example.com/miniredisd/upstare/r2/is"
	"example.com/miniredisd/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Zero(m, "github.com/alicebob/miniredis/v2/server.Peer", "SwitchResp3") // only scripts of the new release do that

	// A command that waits, and whose caller knows for whom.
	framemap.Locals(m, "github.com/alicebob/miniredis/v2/server.(*Server).Dispatch", func(s *framemap.Stack, o *was.Server_Server_Dispatch, n *is.Server_Server_Dispatch) {
		if p, _ := framemap.Outer[was.Server_Server_servePeer](s, "github.com/alicebob/miniredis/v2/server.(*Server).servePeer"); p != nil && s.Point() == 6 {
			framemap.Carry(s, &n.C, &p.Peer)
		}
	})

	// A script is finished by the release that began it, with the commands that it gives.
	framemap.Never(m, "github.com/alicebob/miniredis/v2.mkLua.func1.func1", 8)
	framemap.Never(m, "github.com/alicebob/miniredis/v2.(*Miniredis).runLuaScript")
	framemap.Func(m, "github.com/alicebob/miniredis/v2.mkLua.func6", "github.com/alicebob/miniredis/v2.mkLua.func6", nil)
}
