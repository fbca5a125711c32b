// Package moved translates names of one release into those of the next, where packages have
// other import paths: a module's next major version, a directory that was renamed.
package moved

import (
	"sort"
	"strings"
)

// Paths says which import path packages of a release have in the next one: old → new.
// Packages that have the same one need not be in it.
type Paths map[string]string

// Back are the paths the other way round.
func (p Paths) Back() Paths {
	back := Paths{}
	for old, new := range p {
		back[new] = old
	}
	return back
}

// Key is a key, or a type in whatever notation, with every package by its other path: what
// stands before a dot, and is no part of a longer path.
func (p Paths) Key(key string) string {
	if len(p) == 0 {
		return key
	}
	var b strings.Builder
	done := 0
	for i := 0; i < len(key); {
		if !inPath(key[i]) {
			i++
			continue
		}
		// All that may be a path, and what stands behind its dot.
		end := i
		for end < len(key) && inPath(key[end]) {
			end++
		}
		if old := p.prefix(key[i:end]); old != "" {
			b.WriteString(key[done:i])
			b.WriteString(p[old])
			done = i + len(old)
		}
		i = end
	}
	if done == 0 {
		return key
	}
	b.WriteString(key[done:])
	return b.String()
}

// prefix is the path that a name begins with, "" if it is none of p.
func (p Paths) prefix(name string) string {
	slash := strings.LastIndexByte(name, '/') + 1
	for end := slash; end <= len(name); end++ {
		if end == len(name) || name[end] == '.' {
			if _, moves := p[name[:end]]; moves {
				return name[:end]
			}
		}
	}
	return ""
}

// File is a file, import path + "/" + name, by its package's other path.
func (p Paths) File(file string) string {
	if i := strings.LastIndexByte(file, '/'); i >= 0 {
		if new, moves := p[file[:i]]; moves {
			return new + file[i:]
		}
	}
	return file
}

// inPath reports whether a byte may be part of an import path.
func inPath(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~/+%", c) >= 0
}

// Old are the old paths, in order.
func (p Paths) Old() (l []string) {
	for old := range p {
		l = append(l, old)
	}
	sort.Strings(l)
	return l
}
