package main

import "strings"

// glob reports whether all of s matches pattern, in which * stands for any bytes,
// ? for one, [a-z] and [^a-z] for one of a set, and \ takes the next as it is.
func glob(pattern, s string) bool {
	for len(pattern) > 0 {
		switch p := pattern[0]; {
		case p == '*':
			rest := strings.TrimLeft(pattern, "*")
			for i := 0; i <= len(s); i++ {
				if glob(rest, s[i:]) {
					return true
				}
			}
			return false
		case len(s) == 0:
			return false
		case p == '?':
			pattern = pattern[1:]
		case p == '[' && strings.Contains(pattern, "]"):
			set, rest, _ := strings.Cut(pattern[1:], "]")
			if !inSet(set, s[0]) {
				return false
			}
			pattern = rest
		default:
			if p == '\\' && len(pattern) > 1 {
				pattern = pattern[1:]
			}
			if pattern[0] != s[0] {
				return false
			}
			pattern = pattern[1:]
		}
		s = s[1:]
	}
	return len(s) == 0
}

func inSet(set string, b byte) bool {
	set, not := strings.CutPrefix(set, "^")
	for i := 0; i < len(set); i++ {
		low, high := set[i], set[i]
		if i+2 < len(set) && set[i+1] == '-' {
			high = set[i+2]
			i += 2
		}
		if low <= b && b <= high {
			return !not
		}
	}
	return not
}
