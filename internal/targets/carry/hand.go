package main

import (
	"regexp"
	"strings"
)

var (
	releaseNumber = regexp.MustCompile(`upstare/r[0-9]+/`)
	ofRelease     = regexp.MustCompile(`release [0-9]+`)
)

// handWritten counts the lines of a frame map that are not those of its draft. A line that
// stands in the draft and waits for a decision is another line once it has been decided; a
// choice that was offered in a comment is one once it is code. Comments count like code,
// and empty lines do not.
func handWritten(text, draft string) (n int) {
	generated := make(map[string]int)
	for line := range strings.Lines(draft) {
		generated[sameStep(line)]++
	}
	for line := range strings.Lines(text) {
		line = sameStep(line)
		if line == "" {
			continue
		}
		if generated[line] > 0 {
			generated[line]--
			continue
		}
		n++
	}
	return n
}

// sameStep is a line without indentation and without the number of its step.
func sameStep(line string) string {
	return ofRelease.ReplaceAllString(releaseNumber.ReplaceAllString(strings.TrimSpace(line), "upstare/r2/"), "release")
}
