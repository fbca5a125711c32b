//go:build upstarego

// Package upstare says how release 1 of example.com/late becomes release 2, with
// functions that fail for what is called bad.
package upstare

import (
	"fmt"

	"example.com/late/upstare/r2/is"
	"example.com/late/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

const (
	item  = "example.com/late.item"
	local = "example.com/late.local"
	split = "example.com/late.split"
	await = "example.com/late.await"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Type(m, item, item, func(o *was.Main_item, n *is.Main_item) {
		n.N = 10 * int64(o.N)
		if o.Name[:3] == "bad" {
			n.Name = "half made"
			n.N = int64(o.Next.N) // there is none
		}
	})
	framemap.Validate(m, item, item, func(o *was.Main_item, n *is.Main_item) error {
		if n.N != 10*int64(o.N) {
			return fmt.Errorf("%s: asked before it was transformed", o.Name)
		}
		if o.Name == "not valid" {
			return fmt.Errorf("%s is not valid", n.Name)
		}
		return nil
	})
	framemap.Var(m, "example.com/late.spare", func() *is.Main_item { return &is.Main_item{Name: "spare", N: 5} })
	framemap.Locals(m, local, func(s *framemap.Stack, o *was.Main_local, n *is.Main_local) {
		n.Step = len([]string{"first"}[len(o.Name)-3])
	})
	framemap.At(m, split, 2, func(s *framemap.Stack, o *was.Main_split) {
		if o.Name[:3] == "bad" {
			panic("no frames")
		}
		framemap.Frame[is.Main_split](s, split, 2)
		framemap.Frame[is.Main_await](s, await, 1)
	})
}
