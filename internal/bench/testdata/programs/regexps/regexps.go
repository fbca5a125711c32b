package regexps

import (
	"regexp"
	"strings"
)

// package regexp searches, and calls own code for what it has found.
var (
	stamp = regexp.MustCompile(`(\d{4})-(\d\d)-(\d\d)`)
	pair  = regexp.MustCompile(`([a-z]+)=("[^"]*"|\S+)`)
)

const text = `2026-11-29 level=info user="some body" path=/a/b/c took=12ms
2026-11-30 level=warn user=nobody path=/d took=7ms retried=yes
no date here, and nothing=special
`

func turn(date string) string {
	m := stamp.FindStringSubmatch(date)
	return m[3] + "." + m[2] + "." + m[1]
}

func fields(line string, into map[string]string) {
	for _, m := range pair.FindAllStringSubmatch(line, -1) {
		into[m[1]] = strings.Trim(m[2], `"`)
	}
}

func Work(n int) any {
	sum := 0
	for range n {
		for line := range strings.Lines(text) {
			into := map[string]string{}
			fields(stamp.ReplaceAllStringFunc(line, turn), into)
			sum += len(into)
		}
	}
	return sum
}
