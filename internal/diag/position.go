package diag

import (
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// ParsePosition reads file:line:col as the go command writes it. A relative file
// is taken to be in dir, unless that is empty.
func ParsePosition(dir, s string) token.Position {
	if s == "" {
		return token.Position{}
	}
	var p token.Position
	parts := strings.Split(s, ":")
	if n := len(parts); n >= 3 {
		if col, err := strconv.Atoi(parts[n-1]); err == nil {
			if line, err := strconv.Atoi(parts[n-2]); err == nil {
				p.Line, p.Column, parts = line, col, parts[:n-2]
			}
		}
	}
	if n := len(parts); n >= 2 && p.Line == 0 {
		if line, err := strconv.Atoi(parts[n-1]); err == nil {
			p.Line, parts = line, parts[:n-1]
		}
	}
	p.Filename = strings.Join(parts, ":")
	if dir != "" && !filepath.IsAbs(p.Filename) {
		p.Filename = filepath.Join(dir, p.Filename)
	}
	return p
}
