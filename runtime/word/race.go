//go:build race

package word

// raced: the race detector would take a plain load for a race with who asks.
const raced = true
