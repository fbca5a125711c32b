//go:build upstarego

// Package upstare says how release 2 of example.com/kvd becomes release 3.
package upstare

import (
	"math"
	"time"

	"example.com/kvd/upstare/r3/is"
	"example.com/kvd/upstare/r3/was"
	"github.com/upstarego/upstarego/framemap"
)

const (
	await    = "example.com/kvd.(*client).await"
	giveBack = "example.com/kvd.(*client).giveBack"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Zero(m, "example.com/kvd.client", "watched")

	// Milliseconds become times.
	framemap.Type(m, "example.com/kvd/internal/store.Tx", "example.com/kvd/internal/store.Tx", func(o *was.Store_Tx, n *is.Store_Tx) {
		n.Now = moment(o.Now)
	})
	framemap.Type(m, "example.com/kvd/internal/store.entry", "example.com/kvd/internal/store.entry", func(o *was.Store_entry, n *is.Store_entry) {
		n.Expires, n.UsedAt = moment(o.ExpireAt), moment(o.UsedAt)
		n.Version = math.MaxUint64 // is never given again; 0 stands for no entry
	})

	// await waits in another select, and gives a value back in giveBack.
	framemap.Func(m, await, await, framemap.Points{
		1: 1, // old blocking.go:46 `select { …`, new blocking.go:52
	})
	framemap.Locals(m, await, func(s *framemap.Stack, o *was.Main_client_await, n *is.Main_client_await) {
		n.Since = time.Now()
		n.Slow = time.After(time.Minute)
		n.Case1 = [...]int{0, 1, 2, 4}[o.Case1] // the case of the select that was taken, by its new number
	})
	framemap.At(m, await, 3, func(s *framemap.Stack, o *was.Main_client_await) {
		framemap.Frame[is.Main_client_await](s, await, 4)
		inner := framemap.Frame[is.Main_client_giveBack](s, giveBack, 1)
		inner.Item, inner.Ok = is.Store_Item(o.Item_3), o.Ok_2
	})
	framemap.At(m, await, 4, func(s *framemap.Stack, o *was.Main_client_await) {
		framemap.Frame[is.Main_client_await](s, await, 4)
		framemap.Frame[is.Main_client_giveBack](s, giveBack, 2)
	})

	// A transaction is all old or all new.
	framemap.Never(m, "example.com/kvd.doExec")
	framemap.Never(m, "example.com/kvd.doExec.func1")
	framemap.Never(m, "example.com/kvd.doExec.func1", 0) // who would call it is in doExec
}

// moment is the time that release 2 kept as Unix milliseconds, 0 for none.
func moment(ms int64) (t time.Time) {
	if ms != 0 {
		t = time.UnixMilli(ms)
	}
	return t
}
