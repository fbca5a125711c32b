// Package expvars shows an updated program's metrics as the variable "upstarego" of
// package expvar. Programs that import expvar themselves are built with it, and no
// others: the import alone adds a handler to http.DefaultServeMux.
package expvars

import (
	"expvar"

	"github.com/upstarego/upstarego/runtime/admin"
)

// Publish adds the variable, unless the program has one of that name.
func Publish() {
	if expvar.Get("upstarego") == nil {
		expvar.Publish("upstarego", expvar.Func(func() any { return admin.Vars() }))
	}
}
