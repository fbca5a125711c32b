package match

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// heirs adds to the candidates of functions without a counterpart the new functions
// that are called where they were.
func heirs(l []Func, fresh []*ledger.Func) {
	gone := map[string]*Func{}
	for i := range l {
		if l[i].New == nil {
			gone[l[i].Old.Key] = &l[i]
		}
	}
	if len(gone) == 0 {
		return
	}
	for i := range l {
		if l[i].New == nil || l[i].Same {
			continue
		}
		for k, j := range l[i].relation.Alignment() {
			m := gone[l[i].Old.Points[k].Calls]
			if m == nil || j < 0 {
				continue
			}
			for _, n := range fresh {
				if n.Key == l[i].New.Points[j].Calls {
					m.called(n, l[i].New)
				}
			}
		}
	}
}

// called: by calls n where it called the old function.
func (m *Func) called(n, by *ledger.Func) {
	reason := fmt.Sprintf("%s calls it there", by.Key[strings.LastIndexByte(by.Key, '/')+1:])
	i := slices.IndexFunc(m.Candidates, func(c Candidate) bool { return c.Func == n })
	if i < 0 {
		m.Candidates = append(m.Candidates, Candidate{Func: n, Confidence: 0.5, Reason: reason})
	} else if c := &m.Candidates[i]; c.Confidence < 0.9 {
		c.Confidence, c.Reason = min(0.9, c.Confidence+0.3), c.Reason+", "+reason
	}
	sort.SliceStable(m.Candidates, func(i, j int) bool { return m.Candidates[i].Confidence > m.Candidates[j].Confidence })
}
