//go:build upstarego

// Package upstare says how release 2 of example.com/redcond becomes release 3.
package upstare

import "github.com/upstarego/upstarego/framemap"

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// The server closes its connections when it ends. Version 1.6.0 closes each
	// with its writer, 1.6.2 the network's alone; a goroutine that is inside one
	// such call finishes it and closes the others as 1.6.2 does.
	framemap.Func(m, "github.com/tidwall/redcon.serve.func1.func1", "github.com/tidwall/redcon.serve.func1.func1", framemap.Points{
		2: 2, // old redcon.go:338 `c.Close()` → new line 346 `c.conn.Close()`
	})

	// Version 1.6.2 fills its server in with the lock held: a goroutine that does so without
	// goes on first.
	framemap.Never(m, "github.com/tidwall/redcon.Serve", 1, 2, 3, 4)
	framemap.Never(m, "github.com/tidwall/redcon.(*Server).Serve", 1, 2, 3, 4)
}
