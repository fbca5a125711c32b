//go:build upstarego

// Package upstare says how release 1 of example.com/kvd becomes release 2.
package upstare

import (
	"time"

	"example.com/kvd/upstare/r2/is"
	"example.com/kvd/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

const serve = "example.com/kvd.(*client).serve"

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// An entry that was never counted was used just now.
	framemap.Zero(m, "example.com/kvd/internal/store.entry", "hits")
	framemap.Type(m, "example.com/kvd/internal/store.entry", "example.com/kvd/internal/store.entry", func(o *was.Store_entry, n *is.Store_entry) {
		n.UsedAt = time.Now().UnixMilli()
	})

	// serve was split: reading a command is readCommand's business now, running
	// one is dispatch's.
	framemap.At(m, serve, 1, func(s *framemap.Stack, o *was.Main_client_serve) {
		framemap.Frame[is.Main_client_serve](s, serve, 1).Done = unreported(o)
		framemap.Frame[is.Main_client_readCommand](s, "example.com/kvd.(*client).readCommand", 1)
	})
	framemap.At(m, serve, 2, func(s *framemap.Stack, o *was.Main_client_serve) {
		framemap.Frame[is.Main_client_serve](s, serve, 1).Done = unreported(o)
		framemap.Frame[is.Main_client_readCommand](s, "example.com/kvd.(*client).readCommand", 2)
	})
	framemap.At(m, serve, 3, func(s *framemap.Stack, o *was.Main_client_serve) {
		outer := framemap.Frame[is.Main_client_serve](s, serve, 2)
		outer.Done, outer.Began = unreported(o), time.Now()
		framemap.Frame[is.Main_client_dispatch](s, "example.com/kvd.(*client).dispatch", 1).Name = unnamed
	})
	framemap.At(m, serve, 4, func(s *framemap.Stack, o *was.Main_client_serve) {
		outer := framemap.Frame[is.Main_client_serve](s, serve, 2)
		outer.Done, outer.Began = unreported(o), time.Now()
		framemap.Frame[is.Main_client_dispatch](s, "example.com/kvd.(*client).dispatch", 2).Name = unnamed
	})
	framemap.Locals(m, serve, func(s *framemap.Stack, o *was.Main_client_serve, n *is.Main_client_serve) {
		n.Done, n.Began, n.Name = unreported(o), time.Now(), unnamed
	})
}

// unnamed stands in the statistics for a command that was running: release 1 does
// not keep its name.
const unnamed = "(updated)"

// unreported is a batch of the commands that serve has run and not reported yet.
func unreported(o *was.Main_client_serve) *is.Main_batch {
	return &is.Main_batch{Commands: o.Unreported, ByName: map[string]is.Main_spent{}}
}
