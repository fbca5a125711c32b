package match

import (
	"fmt"
	"sort"
)

// inlined looks for the operations of functions that are gone in those that called them:
// there, points that nothing has become yet may be theirs.
func inlined(l []Func, known *relations) {
	for i := range l {
		gone := &l[i]
		if gone.New != nil {
			continue
		}
		for k := range l {
			by := &l[k]
			if by.New == nil || by.Points == nil || by.Old == gone.Old {
				continue
			}
			for at := range by.Old.Points {
				if by.Old.Points[at].Calls == gone.Old.Key && by.Points[at] < 0 {
					gone.in(by, known)
					break
				}
			}
		}
	}
}

// in guesses at points of a caller's counterpart.
func (m *Func) in(by *Func, known *relations) {
	claimed := map[int]bool{}
	for _, j := range by.Points {
		claimed[j] = true
	}
	r := known.of(m.Old, by.New)
	for i := 1; i < len(m.Old.Points); i++ {
		for j := 1; j < len(by.New.Points); j++ {
			w := r.likeness(i, j)
			if claimed[j] || w < 0.6 {
				continue
			}
			if m.Guesses == nil {
				m.Guesses = map[int][]Guess{}
			}
			reason := "the same operation"
			if !r.says(i, j) {
				reason = "a like operation"
			}
			m.Guesses[i] = append(m.Guesses[i], Guess{Func: by.New, Point: j, Confidence: 0.9 * w, Reason: fmt.Sprintf("%s in %s, which called it", reason, short(by.New))})
		}
		sort.SliceStable(m.Guesses[i], func(a, b int) bool { return m.Guesses[i][a].Confidence > m.Guesses[i][b].Confidence })
	}
}
