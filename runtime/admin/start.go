package admin

import (
	"fmt"
	"os"

	"github.com/upstarego/upstarego/runtime/updater"
)

// Start serves the endpoint at Address on a goroutine of its own. A program that
// cannot have an endpoint runs all the same: the reason is one line on standard
// error. stop takes the endpoint down; it may be called when there is none.
func Start(u *updater.Updater) (stop func()) {
	addr := Address()
	if addr == "" {
		return func() {}
	}
	l, err := Listen(addr)
	if err != nil {
		fmt.Fprintf(os.Stderr, "upstarego: no admin endpoint: %v; set UPSTARE_ADMIN to a path, 127.0.0.1:port or off\n", err)
		return func() {}
	}
	go Serve(l, u)
	return func() { l.Close() }
}
