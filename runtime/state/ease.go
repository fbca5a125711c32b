package state

// Most values are easy: nothing but copying, and words that lead to the beginning of
// objects, of which each has a block of its own. These are what several hands do at once
// (hand.go). Whatever is otherwise, and whatever is to be refused, is left to one
// goroutine, value by value.

// ease tells what of a program several hands may do.
type ease uint8

const (
	easeUnknown ease = iota
	notEasy
	easy // for values that have nothing else in them
)

// prepare finds out how easy a program is, and all programs that it leads to, before
// hands have them.
func (p *Plan) prepare(g *program) {
	if g.easy != easeUnknown {
		return
	}
	g.easy = easy // for those that lead back
	for i := range g.refs {
		r := &g.refs[i]
		switch r.kind {
		case refPointer, refSlice:
			if r.node.bad != "" || r.node.special != plain {
				g.easy = notEasy
				continue
			}
			if r.node.moved || r.node.walk {
				r.to = p.scanning(r.node)
				p.prepare(r.to)
			}
		case refHandle:
			if r.node.bad != "" {
				g.easy = notEasy
				continue
			}
			p.prepareMap(r.node)
		case refInterface: // dynamic types are known as they are met: prepareMet
		case refFunc:
			if p.opts.Code != nil {
				g.easy = notEasy
			}
		default:
			g.easy = notEasy
		}
	}
	if len(g.routes) != 0 {
		g.easy = notEasy
	}
	for i := range g.routes {
		p.prepare(g.routes[i].body)
	}
	for i := range g.loops {
		body := g.loops[i].body
		p.prepare(body)
		if body.easy != easy {
			g.easy = notEasy
		}
	}
}

// prepareMet is prepare for the dynamic types that have been met.
func (p *Plan) prepareMet() {
	for _, i := range p.ifaces {
		for _, d := range i.seen {
			if d.easy != nil || d.bad != "" || d.single {
				continue
			}
			if !d.relevant {
				d.easy = &ref{}
				continue
			}
			if !d.direct {
				if d.box.bad == "" && d.box.special == plain {
					d.easy = &ref{kind: refPointer, node: d.box, cnt: d.cnt}
					if d.box.moved || d.box.walk {
						d.easy.to = p.scanning(d.box)
						p.prepare(d.easy.to)
					}
				}
				continue
			}
			g := p.patching(d.node)
			if len(g.loops) != 0 || len(g.refs) > 1 {
				continue
			}
			if len(g.refs) == 0 {
				d.easy = &ref{node: noNode} // it leads nowhere
				continue
			}
			p.prepare(g)
			if k := g.refs[0].kind; g.easy == easy && (k == refPointer || k == refHandle) {
				d.easy = &g.refs[0]
			}
		}
	}
}

// prepareMap makes the programs for entries of maps of n.
func (p *Plan) prepareMap(n *node) {
	if n.special != mapObject {
		return
	}
	for _, part := range []*node{n.key, n.elem} {
		if g := p.entryScan(part); g != nil {
			p.prepare(g)
		}
	}
}

// entryScan is what finds what a part of a map's entries leads to; nil if that is nowhere.
func (p *Plan) entryScan(n *node) *program {
	if n.bad == "" && !n.moved && !n.walk {
		return nil
	}
	if g := p.scanning(n); !g.empty() {
		return g
	}
	return nil
}

// entryFill is what fills the elements of a map, or patches them; nil if they stay as they
// are.
func (p *Plan) entryFill(e *extent) *program {
	switch n := e.node.elem; {
	case e.new != nil:
		return p.filling(n)
	case n.walk:
		return p.patching(n)
	}
	return nil
}
