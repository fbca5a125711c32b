package state

import "reflect"

// Prune drops what the plan can find out again, once the update is committed and nothing
// is under way: what it knows of types that no entry of t is about any more, and how their
// values are to be treated. What has been decided before commit stays: which types are paired, and
// what pointers may lead into.
func (t *Transfer) Prune() {
	p := t.plan
	if !p.sealed {
		return
	}
	used := map[*node]bool{}
	for i := int32(1); i < t.exts; i++ {
		if n := t.ext(i).node; n != nil && !used[n] {
			used[n] = true
			for _, part := range []*node{n.key, n.elem} {
				if part != nil {
					used[part] = true
				}
			}
		}
	}
	nodes, objs := map[reflect.Type]*node{}, map[objKey]*node{}
	for typ, n := range p.nodes {
		if used[n] {
			nodes[typ] = n
			n.edges, n.inPlace, n.whole = nil, nil, nil
		}
	}
	for k, n := range p.objs {
		if used[n] {
			objs[k] = n
			n.edges, n.inPlace, n.whole = nil, nil, nil
		}
	}
	p.nodes, p.objs = nodes, objs
	p.ifaces, p.met, p.opts.Instance = nil, nil, nil
	p.prunedKept()
	p.forget()
	t.places = nil
	t.waiting.Prune()
}

// prunedKept leaves what Keep has been told, and what holds such types: what does not is
// found out again. A map from which entries are deleted stays as large as it was.
func (p *Plan) prunedKept() {
	var kept map[reflect.Type]bool
	for t, keeps := range p.kept {
		if keeps {
			put(&kept, t, true)
		}
	}
	p.kept = kept
}

// forget drops what has been found out about types.
func (p *Plan) forget() { p.counterpart, p.moved = nil, nil }

// becomes is Counterpart for tables of earlier updates, long after Apply: nobody prunes
// what that finds out.
func (p *Plan) becomes(t reflect.Type) reflect.Type {
	defer p.forget()
	return p.Counterpart(t)
}

// moves is the same for what a node says of a type, or of the objects that its values
// denote.
func (p *Plan) moves(t reflect.Type, as special) bool {
	defer p.forget()
	moves := func(t reflect.Type) bool { return !p.newTypes[t] && p.movedType(t) }
	switch as {
	case mapObject:
		return moves(t.Key()) || moves(t.Elem())
	case chanObject:
		return moves(t.Elem())
	}
	return moves(t)
}

// ours is the node by which a plan knows a type that one of its nodes was about.
func (p *Plan) ours(n *node) *node {
	if n.special != plain {
		return p.object(n.old)
	}
	return p.nodeOf(n.old)
}
