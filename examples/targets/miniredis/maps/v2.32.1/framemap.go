//go:build upstarego

// Package upstare says how release 1 of example.com/miniredisd becomes release 2.
package upstare

import (
	"time"

	"example.com/miniredisd/upstare/r2/is"
	"example.com/miniredisd/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

const (
	zinter     = "github.com/alicebob/miniredis/v2.(*Miniredis).cmdZinterstore"
	makeZinter = "github.com/alicebob/miniredis/v2.(*Miniredis).makeCmdZinter.func1"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// When a key was used last was not written down: nobody has used one since the update.
	framemap.Type(m, "github.com/alicebob/miniredis/v2.RedisDB", "github.com/alicebob/miniredis/v2.RedisDB", func(o *was.V2_RedisDB, n *is.V2_RedisDB) {
		n.Lru = map[string]time.Time{}
	})

	// Nobody stays in these commands. What of them waits in a transaction stands at its entry, and has no COUNT.
	framemap.Never(m, "github.com/alicebob/miniredis/v2.(*Miniredis).cmdZscan")
	framemap.Locals(m, "github.com/alicebob/miniredis/v2.(*Miniredis).cmdScan.func1", func(s *framemap.Stack, o *was.V2_Miniredis_cmdScan_func1, n *is.V2_Miniredis_cmdScan_func1) {
		if s.Point() != 0 {
			return
		}
		opts := made(&n.Opts)
		opts.Cursor, opts.WithMatch, opts.Match, opts.WithType, opts.X_type = o.Opts.Cursor, o.Opts.WithMatch, o.Opts.Match, o.Opts.WithType, o.Opts.X_type
	})
	framemap.Locals(m, "github.com/alicebob/miniredis/v2.(*Miniredis).cmdZscan.func1", func(s *framemap.Stack, o *was.V2_Miniredis_cmdZscan_func1, n *is.V2_Miniredis_cmdZscan_func1) {
		if s.Point() != 0 {
			return
		}
		opts := made(&n.Opts)
		opts.Key, opts.Cursor, opts.WithMatch, opts.Match = o.Opts.Key, o.Opts.Cursor, o.Opts.WithMatch, o.Opts.Match
	})

	// ZINTERSTORE is made by what makes ZINTER, too.
	framemap.Func(m, zinter, makeZinter, framemap.Points{0: 0})
	framemap.Locals(m, zinter, func(s *framemap.Stack, o *was.V2_Miniredis_cmdZinterstore, n *is.V2_Miniredis_makeCmdZinter_func1) {
		n.Store = true
	})
	framemap.Func(m, zinter+".func1", makeZinter+".func1", framemap.Points{0: 0})
	framemap.Locals(m, zinter+".func1", func(s *framemap.Stack, o *was.V2_Miniredis_cmdZinterstore_func1, n *is.V2_Miniredis_makeCmdZinter_func1_func1) {
		if s.Point() != 0 {
			return
		}
		opts := made(&n.Opts)
		opts.Store, opts.Destination, opts.Keys, opts.Aggregate = true, o.Destination, o.Keys, *o.Aggregate
		opts.WithWeights, opts.Weights = *o.WithWeights, *o.Weights
	})

	// That the one command has another check of its numbers and the other one has such a check now has nothing to do with
	// each other, nor with who calls either.
	framemap.Accept(m, "github.com/alicebob/miniredis/v2/server.newServer.func1", "count, err := strconv.Atoi(args[1]); if err != nil", "count, err := strconv.Atoi(args[1]); if count <= 0")

	// EXPIRETIME, HRANDFIELD, OBJECT, SINTERCARD and ZINTER are new, and are registered when a server starts.
	framemap.Locals(m, "example.com/miniredisd.pass", func(s *framemap.Stack, o *was.Main_pass, n *is.Main_pass) {
		framemap.Carry(s, &framemap.Start[is.V2_commandsGeneric](s, "github.com/alicebob/miniredis/v2.commandsGeneric").M, &o.M)
		framemap.Carry(s, &framemap.Start[is.V2_commandsHash](s, "github.com/alicebob/miniredis/v2.commandsHash").M, &o.M)
		framemap.Carry(s, &framemap.Start[is.V2_commandsObject](s, "github.com/alicebob/miniredis/v2.commandsObject").M, &o.M)
		framemap.Carry(s, &framemap.Start[is.V2_commandsSet](s, "github.com/alicebob/miniredis/v2.commandsSet").M, &o.M)
		framemap.Carry(s, &framemap.Start[is.V2_commandsSortedSet](s, "github.com/alicebob/miniredis/v2.commandsSortedSet").M, &o.M)
	})
}

// made is a new variable of a type that has no name.
func made[T any](p **T) *T {
	*p = new(T)
	return *p
}
