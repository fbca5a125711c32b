// Package match finds, for the functions and points of one release, their
// counterparts in the next. What it cannot find it leaves open: a frame at a
// point without a counterpart refuses the update, or is the developer's to map.
package match

import "github.com/upstarego/upstarego/rewriter/ledger"

// A Func is what became of an old function.
type Func struct {
	Old, New *ledger.Func // New is nil if there is no counterpart
	// Points maps old points to new ones; -1: none. It is nil if nothing
	// changed.
	Points []int
	// Missing lists, per old point that has a counterpart, the new frame's
	// fields that are live there and that the old frame does not hold.
	Missing map[int][]string
	// Same: the function's source did not change.
	Same bool
}

// Funcs matches every function of old with one of new, by key.
func Funcs(old, new []ledger.Func) []Func {
	byKey := map[string]*ledger.Func{}
	for i := range new {
		byKey[new[i].Key] = &new[i]
	}
	var l []Func
	for i := range old {
		o := &old[i]
		l = append(l, Pair(o, byKey[o.Key]))
	}
	return l
}

// Pair matches the points of two functions.
func Pair(o, n *ledger.Func) Func {
	m := Func{Old: o, New: n}
	if n == nil {
		return m
	}
	m.Same = o.Hash == n.Hash
	m.Points = points(o.Points, n.Points)
	m.Missing = map[int][]string{}
	oldType := map[string]ledger.Field{}
	for _, f := range o.Frame {
		oldType[f.Name] = f
	}
	newType := map[string]ledger.Field{}
	for _, f := range n.Frame {
		newType[f.Name] = f
	}
	for i, p := range m.Points {
		if p < 0 {
			continue
		}
		has := map[string]bool{}
		for _, v := range o.Points[i].Live {
			has[v] = true
		}
		for _, v := range n.Points[p].Live {
			if !has[v] || oldType[v].Boxed != newType[v].Boxed {
				m.Missing[i] = append(m.Missing[i], v)
			}
		}
	}
	if m.identity() {
		m.Points = nil
	}
	return m
}

func (m *Func) identity() bool {
	if len(m.Old.Points) != len(m.New.Points) || len(m.Missing) > 0 {
		return false
	}
	for i, p := range m.Points {
		if i != p {
			return false
		}
	}
	return true
}

// points is a longest common subsequence by what is done at each point; entries
// always match.
func points(o, n []ledger.Point) []int {
	l := make([]int, len(o))
	for i := range l {
		l[i] = -1
	}
	l[0] = 0
	// length[i][j]: of the subsequence of o[i:] and n[j:]
	length := make([][]int, len(o)+1)
	for i := range length {
		length[i] = make([]int, len(n)+1)
	}
	for i := len(o) - 1; i >= 1; i-- {
		for j := len(n) - 1; j >= 1; j-- {
			if o[i].What == n[j].What {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	for i, j := 1, 1; i < len(o) && j < len(n); {
		switch {
		case o[i].What == n[j].What:
			l[i] = j
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return l
}
