// Package accounts knows who may come in.
package accounts

import (
	"crypto/sha256"
	"crypto/subtle"
)

type account struct {
	password [sha256.Size]byte
	secret   string
}

var all = map[string]account{
	"ann": {sha256.Sum256([]byte("apple")), "ann's cat is called Tom"},
	"bob": {sha256.Sum256([]byte("birch")), "bob's boat leaks"},
}

// Verify reports whether the password is the user's.
func Verify(user, password string) bool {
	a, known := all[user]
	sum := sha256.Sum256([]byte(password))
	return subtle.ConstantTimeCompare(sum[:], a.password[:]) == 1 && known
}

// Secret is what the user alone may see.
func Secret(user string) string { return all[user].secret }
