//go:build upstarego

// Package upstare says how release 1 of example.com/ftpd becomes release 2.
package upstare

import (
	"example.com/ftpd/upstare/r2/is"
	"example.com/ftpd/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

const (
	commands = "github.com/fclairamb/ftpserverlib.(*clientHandler).HandleCommands"
	command  = "github.com/fclairamb/ftpserverlib.(*clientHandler).readCommand"
	serve    = "github.com/fclairamb/ftpserverlib.(*FtpServer).Serve"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Locals(m, "github.com/fclairamb/ftpserverlib.(*asciiConverter).Read", func(s *framemap.Stack, o *was.Ftpserverlib_asciiConverter_Read, n *is.Ftpserverlib_asciiConverter_Read) {
		n.ReadBytes, n.Err = o.N, o.Err
	})

	// What was done for each command is a function of its own now.
	framemap.At(m, commands, 6, func(s *framemap.Stack, o *was.Ftpserverlib_clientHandler_HandleCommands) {
		framemap.Frame[is.Ftpserverlib_clientHandler_HandleCommands](s, commands, 3)      // client_handler.go:413 `c.readCommand()`
		inner := framemap.Frame[is.Ftpserverlib_clientHandler_readCommand](s, command, 4) // client_handler.go:436 `c.reader.ReadLine()`
		inner.Err_2 = o.Err_3
	})
	framemap.At(m, commands, 10, func(s *framemap.Stack, o *was.Ftpserverlib_clientHandler_HandleCommands) {
		framemap.Frame[is.Ftpserverlib_clientHandler_HandleCommands](s, commands, 3)
		framemap.Frame[is.Ftpserverlib_clientHandler_readCommand](s, command, 8) // client_handler.go:459 `c.handleCommand(line)`
	})

	framemap.Never(m, serve, 4) // the pause after an error in accepting, a second at most
	framemap.Locals(m, serve, func(s *framemap.Stack, o *was.Ftpserverlib_FtpServer_Serve, n *is.Ftpserverlib_FtpServer_Serve) {
		n.TempDelay = &o.TempDelay
	})

	// The size has been parsed where space is allocated.
	framemap.Accept(m, "github.com/fclairamb/ftpserverlib.(*clientHandler).handleALLO", "size, err := strconv.Atoi(param); if err != nil")
}
