// Package users knows who may come in.
package users

import (
	"encoding/json"
	"os"
	"slices"
	"sync"
)

type user struct {
	Key    string   // fingerprint
	Codes  []string // that have not been used
	Secret string
}

var (
	mu  sync.Mutex
	all map[string]*user
)

// Load reads the users from a file.
func Load(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, &all)
}

// Verify reports whether the key is the user's and the code one of his, which it uses up.
func Verify(name, key, code string) bool {
	mu.Lock()
	defer mu.Unlock()
	u := all[name]
	if u == nil || u.Key != key {
		return false
	}
	i := slices.Index(u.Codes, code)
	if i < 0 {
		return false
	}
	u.Codes = slices.Delete(u.Codes, i, i+1)
	return true
}

// Secret is what the user alone may see.
func Secret(name string) string {
	mu.Lock()
	defer mu.Unlock()
	if u := all[name]; u != nil {
		return u.Secret
	}
	return ""
}
