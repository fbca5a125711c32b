package match

import (
	"slices"
	"strings"
)

// functions finds which names of functions are others now.
func (r *Relation) functions() {
	r.calls, r.pairs = map[string]string{}, map[[2]string]bool{}
	home, _ := packaged(r.Old.Key)
	name := func(key string) string {
		pkg, rest := packaged(bare(key))
		if i := strings.LastIndexByte(rest, '.'); i >= 0 {
			return rest[i:] // a method stands behind a dot
		} else if pkg != home {
			return "." + rest
		}
		return rest
	}
	ambiguous := map[string]bool{}
	add := func(old, new string) {
		a, b := name(old), name(new)
		if was, known := r.calls[a]; known && was != b {
			ambiguous[a] = true
		}
		r.calls[a] = b
	}
	for old, new := range r.keys {
		if a, b := lastName(bare(old)), lastName(bare(new)); a != b {
			r.pairs[[2]string{a, b}] = true
		}
	}
	called := func(key string) {
		if to := r.keys[key]; key != "" && to != "" {
			add(key, to)
		}
	}
	for i := range r.Old.Points {
		called(r.Old.Points[i].Calls)
	}
	for i := range r.Old.Calls {
		for _, key := range r.Old.Calls[i].Callees {
			called(key)
		}
	}
	if !literal(r.Old) && !literal(r.New) {
		add(r.Old.Key, r.New.Key)
		r.pairs[[2]string{lastName(bare(r.Old.Key)), lastName(bare(r.New.Key))}] = true
	}
	for a, b := range r.calls {
		if a == b || ambiguous[a] {
			delete(r.calls, a)
		}
	}
}

// packaged cuts a key behind its package.
func packaged(key string) (pkg, rest string) {
	i := strings.LastIndexByte(key, '/') + 1
	name, rest, _ := strings.Cut(key[i:], ".")
	return key[:i] + name, rest
}

// bare is a function's key without type arguments.
func bare(key string) string {
	name, _ := arguments(key)
	return name
}

// arguments tells the type arguments in a key from the rest.
func arguments(key string) (rest, args string) {
	var name, in strings.Builder
	depth := 0
	for _, c := range key {
		if c == '[' {
			depth++
		}
		if depth > 0 {
			in.WriteRune(c)
		} else {
			name.WriteRune(c)
		}
		if c == ']' {
			depth--
		}
	}
	return name.String(), in.String()
}

// Translate puts the names that variables and functions have in the new function in the
// place of their old ones.
func (r *Relation) Translate(text string) string {
	if len(r.names) == 0 && len(r.calls) == 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '"' || c == '`' || c == '\'':
			end := i + 1
			for end < len(text) && text[end] != c {
				if text[end] == '\\' && c != '`' {
					end++
				}
				end++
			}
			end = min(end+1, len(text))
			b.WriteString(text[i:end])
			i = end
		case letter(c):
			end := i
			for end < len(text) && (letter(text[end]) || text[end] >= '0' && text[end] <= '9') {
				end++
			}
			word := text[i:end]
			behind := i > 0 && text[i-1] == '.'
			if to, ok := r.calls["."+word]; ok && behind {
				word = to[1:]
			} else if to, ok := r.calls[word]; ok && !behind && r.names[word] == "" {
				word = to
			} else if to, ok := r.names[word]; ok && !behind {
				word = to
			}
			b.WriteString(word)
			i = end
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// sameWords reports whether two texts are the same but for names that are others now.
func (r *Relation) sameWords(old, new string) bool {
	return slices.EqualFunc(wordsOf(old), wordsOf(new), func(a, b string) bool {
		return a == b || r.names[a] == b || r.pairs[[2]string{a, b}]
	})
}

// wordsOf cuts a text into its words and what stands between them.
func wordsOf(s string) (l []string) {
	for len(s) > 0 {
		n := 1
		for is := letter(s[0]); n < len(s) && letter(s[n]) == is; n++ {
		}
		l, s = append(l, s[:n]), s[n:]
	}
	return l
}

func letter(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 }

func (r *Relation) translated(l []string) []string {
	if len(r.names) == 0 && len(r.calls) == 0 {
		return l
	}
	m := make([]string, len(l))
	for i, s := range l {
		m[i] = r.Translate(s)
	}
	return m
}
