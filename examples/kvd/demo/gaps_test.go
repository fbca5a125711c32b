package main

import (
	"testing"
	"time"
)

func TestLongestGap(t *testing.T) {
	replies := []time.Duration{10, 20, 35, 36, 90, 91}
	for _, tt := range []struct {
		window window
		want   time.Duration
	}{
		{window{11, 34}, 15},
		{window{21, 22}, 15}, // inside a gap
		{window{11, 40}, 54}, // a gap that goes on after the window
		{window{95, 99}, 0},
	} {
		if got := longestGap(replies, tt.window); got != tt.want {
			t.Errorf("longestGap(%v) = %v, want %v", tt.window, got, tt.want)
		}
	}
}
