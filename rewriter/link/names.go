package link

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// Prefix is a package's name in linker symbols.
func Prefix(path string) string { return prefix(path) }

// prefix is the package's name in linker symbols (cmd/internal/objabi.PathToPrefix):
// dots of the last path element and what a symbol may not hold are escaped.
func prefix(path string) string {
	last := strings.LastIndexByte(path, '/') + 1
	const hex = "0123456789abcdef"
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if c <= ' ' || c == '.' && i >= last || c == '%' || c == '"' || c >= 0x7f {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// mangle is cmd/link's typeSymbolMangle: how a symbol is called in the finished file.
func mangle(name string) string {
	isType := strings.HasPrefix(name, "type:")
	if !isType && !strings.Contains(name, "@") || strings.HasPrefix(name, "type:runtime.") || strings.HasPrefix(name, "go:string.") {
		return name
	}
	if len(name) <= 14 && !strings.Contains(name, "@") {
		return name
	}
	short := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		sum[0] ^= 0xff // cmd/internal/hash.Sum32 sets itself apart so
		return base64.StdEncoding.EncodeToString(sum[:6])
	}
	if isType {
		p := "type:"
		if name[5] == '.' {
			p = "type:."
		}
		return p + short(name[5:])
	}
	i, j := strings.IndexByte(name, '['), strings.LastIndexByte(name, ']')
	if j == -1 || j <= i {
		j = len(name)
	}
	return name[:i+1] + short(name[i+1:j]) + name[j:]
}

// mentions calls f for every qualified name in a symbol that may be a named
// type's, as the ledger writes it: "prefix.Name", "prefix.Name·3". Names of
// fields and methods, and struct tags, are not types and are passed over.
func mentions(name string, f func(string)) {
	s := name
	switch {
	case strings.HasPrefix(s, "type:."):
		// type:.eq. .hash. .eqfunc. .hashfunc. and whatever else stands there
		dot := strings.IndexByte(s[6:], '.')
		if dot < 0 {
			return
		}
		kind := s[6 : 6+dot]
		if kind == "namedata" || kind == "importpath" {
			return // strings, equal wherever they are
		}
		s = s[6+dot+1:]
	case strings.HasPrefix(s, "type:"):
		s = strings.TrimPrefix(s[5:], "noalg.")
	case strings.HasPrefix(s, "go:itab."):
		s = s[len("go:itab."):]
	case strings.HasPrefix(s, "go:"):
		return
	}
	nameNext := false // just after `{` or `;`: a field's or a method's name may stand here
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '"':
			i = skipQuoted(s, i)
		case c == '{' || c == ';':
			nameNext = true
			i++
		case c == ' ':
			i++
		case !wordByte(s, i):
			nameNext = false
			i++
		default:
			j := i
			for j < len(s) && wordByte(s, j) {
				j++
			}
			word, after := s[i:j], s[j:]
			i = j
			if nameNext && isMember(after) {
				nameNext = false
				continue
			}
			nameNext = false
			word = strings.TrimLeft(word, ".") // variadic parameters
			word = strings.TrimPrefix(word, "go.shape.")
			if !strings.Contains(word, ".") {
				continue
			}
			f(word + localSuffix(after))
		}
	}
}

// isMember reports whether a word at the place of a member's name, followed by
// after, is one: methods are followed by their parameters, fields by a type. An
// embedded type is followed by the end of its field or by its tag.
func isMember(after string) bool {
	if strings.HasPrefix(after, "(") {
		return true
	}
	after, ok := strings.CutPrefix(after, " ")
	return ok && after != "" && after[0] != '}' && after[0] != '"'
}

// localSuffix finds the ·N that makes a name one of a function-local type; it
// stands after the type arguments.
func localSuffix(after string) string {
	if strings.HasPrefix(after, "[") {
		depth := 0
		for i := 0; i < len(after); i++ {
			switch after[i] {
			case '"':
				i = skipQuoted(after, i) - 1
			case '[':
				depth++
			case ']':
				depth--
			}
			if depth == 0 {
				after = after[i+1:]
				break
			}
		}
	}
	if !strings.HasPrefix(after, "·") {
		return ""
	}
	n := len("·")
	for n < len(after) && '0' <= after[n] && after[n] <= '9' {
		n++
	}
	if n == len("·") {
		return ""
	}
	return after[:n]
}

// skipQuoted gives the place after the Go string literal that begins at i.
func skipQuoted(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// wordByte reports whether the byte belongs to a qualified name: anything but
// the punctuation of types. The middle dot sets off the numbers of local types.
func wordByte(s string, i int) bool {
	switch c := s[i]; {
	case c >= utf8.RuneSelf:
		// the two bytes of U+00B7
		return !(c == 0xc2 && i+1 < len(s) && s[i+1] == 0xb7 || c == 0xb7 && i > 0 && s[i-1] == 0xc2)
	case strings.IndexByte(" ()[]{}*,;\"<:", c) >= 0:
		return false
	}
	return true
}
