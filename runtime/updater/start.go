package updater

import (
	"reflect"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// entry makes the frame that a goroutine of the new release begins with.
func (p *plan) entry(key string) (runtime.Frame, error) {
	f := p.next.Func(key)
	boxes, ok := p.up.Entries[key]
	if f == nil || !ok {
		return runtime.Frame{}, errorf(CodeMapIncomplete, "the frame map starts a goroutine with %s, which the new release does not begin goroutines with", key)
	}
	data := reflect.New(f.Frame)
	for _, name := range boxes {
		box := data.Elem().FieldByName(name)
		reflect.NewAt(box.Type(), box.Addr().UnsafePointer()).Elem().Set(reflect.New(box.Type().Elem()))
	}
	return runtime.Frame{Fn: f, Data: data.UnsafePointer()}, nil
}

// newcomers makes the goroutines that the new release has and the old one had not.
// It is called when the program has been transformed and stands still; nothing can
// be undone any more, so what fails is told.
func (j *job) newcomers(p *plan) (then []func(), warnings []string) {
	p.applied = true
	defer func() { p.applied = false }()
	for _, e := range p.up.Starts {
		if j.left != nil {
			warnings = append(warnings, "none of the goroutines of "+e.Key+" was started either")
			continue
		}
		var l []runtime.Frame
		what := "the rule that starts " + e.Key
		err := j.call(what, func() error {
			return lend(what, func() (err error) {
				e.Each(func() unsafe.Pointer {
					f, bad := p.entry(e.Key)
					if bad != nil {
						err = bad
						return unsafe.Pointer(&missing)
					}
					l = append(l, f)
					return f.Data
				})
				return err
			})
		})
		if err != nil {
			warnings = append(warnings, err.Error()+"; none of its goroutines was started")
			continue
		}
		then = append(then, begin(l)...)
	}
	return then, warnings
}

// begin lets goroutines begin with frames for entries. The functions have gates: while
// the program stands still, or if a newer release has been committed since, these hold
// them, or hand them over.
func begin(started []runtime.Frame) (then []func()) {
	for _, f := range started {
		then = append(then, func() {
			switch call := f.Fn.Bind(0, f.Data).(type) {
			case func():
				go call()
			default:
				go reflect.ValueOf(call).Call(nil)
			}
		})
	}
	return then
}
