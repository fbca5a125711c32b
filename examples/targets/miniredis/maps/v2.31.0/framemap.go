//go:build upstarego

// Package upstare says how release 1 of example.com/miniredisd becomes release 2.
package upstare

import (
	"time"

	"example.com/miniredisd/upstare/r2/is"
	"example.com/miniredisd/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// When a consumer was there last was not written down: it is taken to have been just now.
	framemap.Type(m, "github.com/alicebob/miniredis/v2.consumer", "github.com/alicebob/miniredis/v2.consumer", func(o *was.V2_consumer, n *is.V2_consumer) {
		n.LastSeen = time.Now()
		n.LastSuccess = time.Now()
	})

	// ZRANK in a transaction that has not been executed yet: its words are the key and the member.
	framemap.Locals(m, "github.com/alicebob/miniredis/v2.(*Miniredis).makeCmdZrank.func1.func1", func(s *framemap.Stack, o *was.V2_Miniredis_makeCmdZrank_func1_func1, n *is.V2_Miniredis_makeCmdZrank_func1_func1) {
		n.Args = []string{o.Key, o.Member}
	})

	// CLIENT and MEMORY are new, and are registered when a server starts.
	framemap.Locals(m, "example.com/miniredisd.pass", func(s *framemap.Stack, o *was.Main_pass, n *is.Main_pass) {
		framemap.Carry(s, &framemap.Start[is.V2_commandsClient](s, "github.com/alicebob/miniredis/v2.commandsClient").M, &o.M)
		framemap.Carry(s, &framemap.Start[is.V2_commandsServer](s, "github.com/alicebob/miniredis/v2.commandsServer").M, &o.M)
	})
}
