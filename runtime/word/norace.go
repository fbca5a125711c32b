//go:build !race

package word

const raced = false
