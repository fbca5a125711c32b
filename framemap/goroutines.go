package framemap

import "unsafe"

// Go starts goroutines that the new release has and the old one had not: each is
// called once at commit, and every call of start makes one. A goroutine begins at
// the entry of function key, with the parameters (of a literal: the variables that it
// captures, too) that are put into what start returns; it runs when the update is
// committed, and before the functions of After. If the update is given up there is none.
//
// Any declared function will do that is not generic and does not call recover by itself:
// one that registers what is new in this release, for instance. key is a string, or a
// constant that framemap.go declares as one. Of literals, it is those that the new release
// starts with go or hands to foreign code.
//
//	framemap.Go(m, "example.com/kvd/store.(*Store).sweep", func(start func() *is.Store_Store_sweep) {
//		start().S = (*framemap.Variable[*is.Main_server](m, "example.com/kvd.srv")).Store
//	})
//
// each runs when everything has been transformed, while the program stands still, and
// must only read what it finds. Nothing can be undone any more, so it must not fail:
// after a panic none of its goroutines is started, and the update's result has a
// warning. What may not hold belongs into Require or Validate.
func Go[New any](m *Map, key string, each func(start func() *New)) {
	m.Gos = append(m.Gos, GoRule{key, func(start func() unsafe.Pointer) {
		each(func() *New { return (*New)(start()) })
	}})
}

// Start starts a goroutine beside the one whose frame is being mapped, from the
// functions of Locals and At: it is Go for what belongs to one goroutine. It begins
// when that one goes on in the new release: at commit, or when it comes back, if it
// was parked then. It does not if the update is given up, or if the frames could not
// be carried over. Values of the old frame are handed over with Carry. Locals runs for
// every frame, those at the entry included (s.Point tells), which will start the
// goroutine by themselves.
//
//	framemap.At(m, "example.com/kvd.(*client).serve", 1, func(s *framemap.Stack, o *was.Main_client_serve) {
//		n := framemap.Frame[is.Main_client_serve](s, "example.com/kvd.(*client).serve", 1)
//		n.Out = make(chan string, 16)
//		w := framemap.Start[is.Main_client_write](s, "example.com/kvd.(*client).write")
//		framemap.Carry(s, &w.C, &o.C)
//		w.Out = n.Out
//	})
func Start[New any](s *Stack, key string) *New { return (*New)(s.work.Start(key)) }
