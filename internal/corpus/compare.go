package corpus

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Differences says in what an execution differs from the plain one; none means that they behave the same.
//
// Addresses are not compared. Of a crash, everything the program and the runtime say about it is compared,
// the goroutines' stacks are not: see TraceDiffers.
func Differences(plain, other *Run) []string {
	var diffs []string
	if plain.TimedOut != other.TimedOut {
		diffs = append(diffs, fmt.Sprintf("timed out: %v, %v", plain.TimedOut, other.TimedOut))
	}
	if plain.Signal != other.Signal {
		diffs = append(diffs, fmt.Sprintf("signal: %v, %v", plain.Signal, other.Signal))
	} else if plain.Exit != other.Exit {
		diffs = append(diffs, fmt.Sprintf("exit code: %d, %d", plain.Exit, other.Exit))
	}
	if d := firstDifference(withoutAddresses(plain.Stdout), withoutAddresses(other.Stdout)); d != "" {
		diffs = append(diffs, "stdout, "+d)
	}
	a, _ := cutStacks(plain.Stderr)
	b, _ := cutStacks(other.Stderr)
	if d := firstDifference(withoutAddresses(a), withoutAddresses(b)); d != "" {
		diffs = append(diffs, "stderr, "+d)
	}
	return diffs
}

// TraceDiffers reports whether the positions in the crash's stacks differ.
func TraceDiffers(plain, other *Run) bool {
	_, a := cutStacks(plain.Stderr)
	_, b := cutStacks(other.Stderr)
	return !slices.Equal(a, b)
}

var (
	// Heap addresses with and without 0x, and text addresses; shorter hexadecimal numbers are values.
	address  = regexp.MustCompile(`0x[0-9a-f]{6,}|\bc[0-9a-f]{9}\b`)
	position = regexp.MustCompile(`^\t(\S+\.go:[0-9]+)`)
	stackTop = regexp.MustCompile(`^goroutine [0-9]+ .*\[.*\]:$`)
)

func withoutAddresses(b []byte) []byte { return address.ReplaceAll(b, []byte("ADDR")) }

// cutStacks splits a crash report into what is said and the stacks' positions, in order.
func cutStacks(stderr []byte) (said []byte, positions []string) {
	inStack := false
	for _, line := range strings.SplitAfter(string(stderr), "\n") {
		text := strings.TrimSuffix(line, "\n")
		switch {
		case stackTop.MatchString(text):
			inStack = true
		case inStack && text == "":
			inStack = false
		case inStack:
			if m := position.FindStringSubmatch(text); m != nil {
				positions = append(positions, m[1])
			}
			// A stack is a function line, a position line, and so on; `exit status` ends it.
			if strings.HasPrefix(text, "exit status") {
				inStack = false
				said = append(said, line...)
			}
		default:
			said = append(said, line...)
		}
	}
	return said, positions
}

// firstDifference quotes the first line in which a and b differ; "" if they are equal.
func firstDifference(a, b []byte) string {
	if bytes.Equal(a, b) {
		return ""
	}
	as, bs := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i := 0; ; i++ {
		la, oka := at(as, i)
		lb, okb := at(bs, i)
		if la != lb || oka != okb {
			return fmt.Sprintf("line %d: %s, %s", i+1, quoteLine(la, oka), quoteLine(lb, okb))
		}
	}
}

func at(lines []string, i int) (string, bool) {
	if i < len(lines) {
		return lines[i], true
	}
	return "", false
}

func quoteLine(s string, there bool) string {
	if !there {
		return "nothing"
	}
	if len(s) > 160 {
		s = s[:160] + "…"
	}
	return fmt.Sprintf("%q", s)
}
