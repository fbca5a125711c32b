package shim

import (
	"fmt"
	"path/filepath"
	"strings"
)

// SplitWords splits a flag value as the go command and the linker do: fields
// divided by white space, a field that starts with a quote runs to the next one.
func SplitWords(s string) ([]string, error) {
	var words []string
	for {
		s = strings.TrimLeft(s, " \t\n\r")
		if s == "" {
			return words, nil
		}
		if q := s[0]; q == '"' || q == '\'' {
			end := strings.IndexByte(s[1:], q)
			if end < 0 {
				return nil, fmt.Errorf("unterminated %c string", q)
			}
			words = append(words, s[1:1+end])
			s = s[end+2:]
			continue
		}
		end := strings.IndexAny(s, " \t\n\r")
		if end < 0 {
			end = len(s)
		}
		words = append(words, s[:end])
		s = s[end:]
	}
}

// JoinWords is the inverse of SplitWords. A word with white space and both
// kinds of quotes has no spelling in that syntax.
func JoinWords(words []string) (string, error) {
	out := make([]string, len(words))
	for i, w := range words {
		switch plain := w != "" && !strings.ContainsAny(w, " \t\n\r\"'"); {
		case plain:
			out[i] = w
		case !strings.Contains(w, "'"):
			out[i] = "'" + w + "'"
		case !strings.Contains(w, `"`):
			out[i] = `"` + w + `"`
		default:
			return "", fmt.Errorf("cannot quote %s: it holds both kinds of quotes", w)
		}
	}
	return strings.Join(out, " "), nil
}

// Within gives the path of name relative to dir, if it is inside.
func Within(dir, name string) (string, bool) {
	if dir == "" {
		return "", false
	}
	if name == dir {
		return ".", true
	}
	return strings.CutPrefix(name, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator))
}
