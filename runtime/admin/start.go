package admin

import (
	"fmt"
	"os"

	"github.com/upstarego/upstarego/runtime/updater"
)

// Start serves the endpoint that getenv describes, on a goroutine of its own. A program that
// cannot have an endpoint, or not one that is guarded as it was told, runs all the same
// and has none: the reason is one line on standard error. stop takes the endpoint
// down; it may be called when there is none.
func Start(u *updater.Updater, getenv func(string) string) (stop func()) {
	served.Store(u)
	none := func(err error) func() {
		fmt.Fprintf(os.Stderr, "upstarego: no admin endpoint: %v; set UPSTARE_ADMIN to a path, 127.0.0.1:port or off\n", err)
		return func() {}
	}
	s, err := Read(getenv)
	if err != nil {
		return none(err)
	}
	if s.Addr == "off" {
		return func() {}
	}
	l, err := Listen(s.Addr, s)
	if err != nil {
		return none(err)
	}
	go Serve(l, u, s)
	return func() { l.Close() }
}
