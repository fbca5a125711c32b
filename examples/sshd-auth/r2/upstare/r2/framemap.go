//go:build upstarego

// Package upstare says how release 1 of example.com/sshd becomes release 2.
package upstare

import (
	"example.com/sshd/upstare/r2/is"
	"example.com/sshd/upstare/r2/was"
	"example.com/sshd/users"
	"github.com/upstarego/upstarego/framemap"
)

const (
	run       = "example.com/sshd.(*connection).run"
	handshake = "example.com/sshd.(*connection).handshake"
	begin     = "example.com/sshd.(*connection).begin"

	check = "if !users.Verify(c.ssh.User(), c.key(), c.code)"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// Release 1 verifies in begin, release 2 in handshake. Who verifies is soon done.
	framemap.Never(m, begin, 3, 4) // old connection.go:69 `c.ssh.User()`, `users.Verify(c.ssh.User(), c.key(), c.code)`

	// Who has given his code and has not begun would never be verified, and clients may
	// stay there as long as they like. They are verified before they go on: each once,
	// since a code is good for once. All is said of run, which is outside the others and
	// holds the connection at every point.
	framemap.Accept(m, handshake, check)
	framemap.Accept(m, begin, check)
	framemap.Accept(m, run, check)
	framemap.Locals(m, run, func(s *framemap.Stack, o *was.Main_connection_run, n *is.Main_connection_run) {
		if s.Point() != 1 {
			return
		}
		c := o.C
		inside, point := framemap.Inner[was.Main_connection_handshake](s, handshake)
		if inside == nil || point >= 3 { // it has returned, or is at old connection.go:56 `c.notice("hello " + c.ssh.User())`
			framemap.Then(s, func() { verify(c) })
		}
	})
	framemap.At(m, run, 2, func(s *framemap.Stack, o *was.Main_connection_run) {
		c := o.C
		inside, point := framemap.Inner[was.Main_connection_begin](s, begin)
		if inside != nil && point == 5 {
			// Who is being told that he is denied is told so in handshake.
			framemap.Frame[is.Main_connection_run](s, run, 1).Err = nil // until that returns
		} else {
			framemap.Frame[is.Main_connection_run](s, run, 2)
		}
		if inside != nil && point <= 2 { // old connection.go:61 `c.next()`, connection.go:65 `s.command()`
			framemap.Then(s, func() { verify(c) })
		}
	})
	framemap.At(m, begin, 5, func(s *framemap.Stack, o *was.Main_connection_begin) { // old connection.go:70 `c.notice("denied")`
		framemap.Frame[is.Main_connection_handshake](s, handshake, 5)
	})
}

// verify does what release 2 has done in handshake.
func verify(c *was.Main_connection) {
	if c.Ssh == nil {
		return // the handshake has failed
	}
	if !users.Verify(c.Ssh.User(), c.Ssh.Permissions.Extensions["key"], c.Code) {
		c.Tcp.Close()
	}
}
