package main

import "time"

// window is a stretch of the run.
type window struct{ from, to time.Duration }

// longestGap is the longest time that passed in a window without a reply, when
// replies came at the given times, in order. A gap counts in full when part of
// it lies in the window.
func longestGap(replies []time.Duration, w window) time.Duration {
	var longest time.Duration
	for i := 1; i < len(replies); i++ {
		if replies[i] >= w.from && replies[i-1] <= w.to {
			longest = max(longest, replies[i]-replies[i-1])
		}
	}
	return longest
}
