package body

import "github.com/upstarego/upstarego/rewriter/desugar"

// help is the statement by which a test helper is one in its resume body too; it
// takes the variable of desugar.HelperText.
func (p *printer) help(c *context) string {
	if c.fn == nil || !c.fn.Rewrite || !NeedsResume(c.fn) {
		return ""
	}
	if p.helpers == nil {
		p.helpers = map[*desugar.Func]bool{}
	}
	p.helpers[c.fn] = true
	return p.id("H", c.fn, -1) + "(uph)"
}

// helperFunc prints what help calls. Only a call from the resume body itself has
// its name, so it is entered at a point that there is not.
func (p *printer) helperFunc(fn *desugar.Func) {
	if !p.helpers[fn] {
		return
	}
	p.f("\nfunc %s(h interface{ Helper() }) {\n%s.Help(h)\n(&%s{uppt: -1}).upresume()\n}\n", p.declare("H", fn, -1), p.upstare(), p.resumer(fn))
}
