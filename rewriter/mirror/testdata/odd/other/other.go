package other

import "time"

type inner struct{ a, b int32 }

// Shared is embedded by package main's.
type Shared struct {
	in  inner
	by  map[inner]time.Time
	Gap [5]byte
}
