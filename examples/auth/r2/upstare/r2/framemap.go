//go:build upstarego

// Package upstare says how release 1 of example.com/auth becomes release 2.
package upstare

import (
	"example.com/auth/accounts"
	"example.com/auth/upstare/r2/is"
	"example.com/auth/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

const (
	run   = "example.com/auth.(*session).run"
	login = "example.com/auth.(*session).login"
	open  = "example.com/auth.(*session).open"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// Release 1 verifies the password in open, release 2 in login. Whoever stands between
	// the two would never be verified. Who says hello or opens a session is soon done.
	framemap.Never(m, login, 3) // old session.go:52 `s.say("hello " + s.user)`
	framemap.Never(m, open)

	// But the terms may be read for hours. Who comes back from there is verified then.
	framemap.Accept(m, run, "if !accounts.Verify(s.user, s.password)")
	framemap.Locals(m, run, func(s *framemap.Stack, o *was.Main_session_run, n *is.Main_session_run) {
		inside, _ := framemap.Inner[was.Main_session_login](s, login)
		if s.Point() > 2 || s.Point() == 1 && inside != nil {
			return
		}
		if u := o.S; !accounts.Verify(u.User, u.Password) {
			framemap.Then(s, func() { u.Conn.Close() })
		}
	})
}
