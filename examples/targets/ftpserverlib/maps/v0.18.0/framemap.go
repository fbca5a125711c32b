//go:build upstarego

// Package upstare says how ftpserverlib 0.17 becomes 0.18.
package upstare

import (
	"github.com/fclairamb/go-log/noop"

	"example.com/ftpd/upstare/r2/is"
	"example.com/ftpd/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
//
// Loggers have a method more: the interface is another one, in another release of a library that is
// not instrumented. All that there are in this program are those that do nothing.
func Map(m *framemap.Map) {
	framemap.Type(m, "github.com/fclairamb/ftpserverlib.FtpServer", "github.com/fclairamb/ftpserverlib.FtpServer", func(o *was.Ftpserverlib_FtpServer, n *is.Ftpserverlib_FtpServer) {
		n.Logger = noop.NewNoOpLogger()
	})
	framemap.Type(m, "github.com/fclairamb/ftpserverlib.clientHandler", "github.com/fclairamb/ftpserverlib.clientHandler", func(o *was.Ftpserverlib_clientHandler, n *is.Ftpserverlib_clientHandler) {
		n.Logger = noop.NewNoOpLogger()
	})
	framemap.Type(m, "github.com/fclairamb/ftpserverlib.passiveTransferHandler", "github.com/fclairamb/ftpserverlib.passiveTransferHandler", func(o *was.Ftpserverlib_passiveTransferHandler, n *is.Ftpserverlib_passiveTransferHandler) {
		n.Logger = noop.NewNoOpLogger()
	})

	// These have a logger in their hands while they make what holds it, which takes no time.
	framemap.Never(m, "github.com/fclairamb/ftpserverlib.(*FtpServer).newClientHandler")
	framemap.Never(m, "github.com/fclairamb/ftpserverlib.NewFtpServer")
}
