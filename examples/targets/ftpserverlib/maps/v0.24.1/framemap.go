//go:build upstarego

// Package upstare says how ftpserverlib 0.24.0 becomes 0.24.1.
package upstare

import (
	"github.com/upstarego/upstarego/framemap"
)

const hash = "github.com/fclairamb/ftpserverlib.(*clientHandler).handleGenericHash"

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// A hash that is being computed is that of the file and the range that were asked for, as they
	// were read then.
	framemap.Accept(m, hash, "if err != nil || len(args) == 0", "if err = getPartialHASHRange(args, &start, &end); err != nil")
}
