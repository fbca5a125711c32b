package updater

import "unsafe"

// A release's own variables are roots of every collection for as long as the process runs,
// and lead to what the program had when the release ended. Its code never runs again: who
// stands in it goes on in the new one, and who enters it is handed over. So nobody comes to
// a variable any more but by a pointer, which may lie in a frame of somebody who waits, or in
// what foreign code has in hand; or by its name in a rule that runs late. Where there is
// neither, the variable is emptied.

// empty empties variables of the release that p has taken the place of, unless the program
// or a rule still uses them. Nobody has a pointer to one of those that keys names.
func empty(keys []string, p *plan, all []*plan) {
	if len(keys) == 0 {
		return
	}
	used := map[unsafe.Pointer]bool{}
	for _, v := range p.next.Vars { // what has not changed is one variable in both
		used[v.Addr().UnsafePointer()] = true
	}
	for _, q := range all {
		for _, key := range q.up.Late {
			if v := q.next.Vars[key]; v.IsValid() {
				used[v.Addr().UnsafePointer()] = true
			}
		}
	}
	for _, key := range keys {
		if v := p.old.Vars[key]; v.IsValid() && !used[v.Addr().UnsafePointer()] {
			v.SetZero()
		}
	}
}
