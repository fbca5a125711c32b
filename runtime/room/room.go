// Package room keeps room in a program's function table, for what a build adds to it
// once the program is linked: frames that wait below rebuilt ones are left out of
// stack traces by entries of their own (internal/pclntab).
//
// The function's entry in that table has a place for each of its tables by position,
// and it says that it has many. How many, a build writes into a file that takes the
// assembly file's place; what stands there is for programs that are built without.
package room

// room does nothing. It is called so that the linker keeps it.
func room()

func init() { room() }
