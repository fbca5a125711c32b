package colour

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A goroutine stays where it waits for the world outside or for another goroutine: in
// channel operations, in what reads and accepts, sleeps, or is unknown. What takes its time
// and ends by itself (a write, a close, a file that is opened, a lock) is no place to stay.
//
// Nothing relies on this being right: where nobody stays an update waits until nobody stands
// there, and says who does. To be wrong is to wait for longer, or to ask for more.

// markLasting spreads "a goroutine may stay in it" to callers, and before that "it waits,
// be it for a moment", which a loop without end may make long. Locks are left out: a loop
// that takes them in each turn and nothing else is at work.
func markLasting(x *index, callers map[*function][]caller) {
	callers = maps.Clone(callers)
	for _, f := range x.all() {
		for _, c := range f.calls {
			for _, g := range x.runs(c) {
				callers[g] = append(slices.Clip(callers[g]), caller{f, c})
			}
		}
	}
	spreadFrom := func(is func(*function) *bool, seed func(*function) bool) {
		var work []*function
		for _, f := range x.all() {
			if seed(f) {
				*is(f) = true
				work = append(work, f)
			}
		}
		for len(work) > 0 {
			g := work[len(work)-1]
			work = work[:len(work)-1]
			for _, c := range callers[g] {
				if !*is(c.f) && !passesBack(c.call, g) {
					*is(c.f) = true
					work = append(work, c.f)
				}
			}
		}
	}
	spreadFrom(func(f *function) *bool { return &f.waits }, func(f *function) bool {
		return len(f.parks) > 0 || slices.ContainsFunc(f.calls, func(c *call) bool {
			return c.manner != started && (c.unknown != "" || c.verdict > locks)
		})
	})
	spreadFrom(func(f *function) *bool { return &f.lasting }, func(f *function) bool {
		return len(f.parks) > 0 || slices.ContainsFunc(f.calls, x.stays) ||
			slices.ContainsFunc(f.loops, func(l *loop) bool { return x.goesOn(f, l) })
	})
}

// stays reports whether a goroutine may stay in the callees outside own code.
func (x *index) stays(c *call) bool {
	switch {
	case c.manner == started:
		return false
	case c.unknown != "":
		if c.expr == nil {
			return true
		}
		m := funcOf(c.pkg.Info, ast.Unparen(c.expr.Fun))
		return !cancels(c) && !x.ownAlone(c, m) && (m == nil || !x.passes(m) && !readsFile(c, m))
	case c.verdict == blocks:
		return len(c.foreign) == 0 || slices.ContainsFunc(c.foreign, func(f *types.Func) bool {
			v, _ := judge(f)
			return v >= back && v != locks && !x.passes(f) && !inMemory(c, f) && !readsFile(c, f) && x.runs(c) == nil
		})
	}
	return false
}

// runs are the literals that package sync is given to run at once.
func (x *index) runs(c *call) (l []*function) {
	if c.static == nil || c.expr == nil || c.manner == started || pkgPath(c.static) != "sync" || !slices.Contains([]string{"Once.Do", "Map.Range"}, tableName(c.static)) {
		return nil
	}
	for _, a := range c.expr.Args {
		if lit, ok := ast.Unparen(a).(*ast.FuncLit); ok && x.byNode[lit] != nil {
			l = append(l, x.byNode[lit])
		}
	}
	return l
}

// lasting reports whether a goroutine may stay in what is called.
func (x *index) lasting(c *call) bool {
	return x.stays(c) || c.manner != started && slices.ContainsFunc(slices.Concat(c.own, c.backs, x.runs(c)), func(g *function) bool { return g.lasting && !passesBack(c, g) })
}

// passesBack reports whether foreign code calls a function back that returns before long, by
// what everybody means by its name: it prints, compares, writes.
func passesBack(c *call, g *function) bool {
	return cancels(c) || g.obj != nil && recvType(g.obj) != nil && !slices.Contains(c.own, g) && slices.Contains(momentary, g.obj.Name())
}

// cancels reports whether a call is of what cancels a context, whoever has it.
func cancels(c *call) bool {
	if c.expr == nil || c.static != nil {
		return false
	}
	n, ok := types.Unalias(orNever(c.pkg.Info.TypeOf(c.expr.Fun))).(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "context"
}

// ownAlone reports whether own code alone can have what implements an interface, or a function
// of that type: a signature has own types. All methods and functions of the shape of the one that
// is called are among the callees.
func (x *index) ownAlone(c *call, m *types.Func) bool {
	found := false
	var i *types.Interface
	if m != nil {
		i, _ = orNever(recvType(m)).Underlying().(*types.Interface)
		if sel, ok := ast.Unparen(c.expr.Fun).(*ast.SelectorExpr); ok {
			if t, is := orNever(c.pkg.Info.TypeOf(sel.X)).Underlying().(*types.Interface); is {
				i = t // with what it is embedded in
			}
		}
		if i == nil {
			return false
		}
	}
	var look func(t types.Type)
	look = func(t types.Type) {
		switch t := types.Unalias(t).(type) {
		case *types.Named:
			found = found || t.Obj().Pkg() != nil && x.prog.IsOwn(t.Obj().Pkg())
		case interface{ Elem() types.Type }:
			look(t.Elem())
		case *types.Signature:
			for v := range t.Params().Variables() {
				look(v.Type())
			}
			for v := range t.Results().Variables() {
				look(v.Type())
			}
		}
	}
	if m == nil {
		if sig, ok := orNever(c.pkg.Info.TypeOf(c.expr.Fun)).Underlying().(*types.Signature); ok {
			look(sig)
		}
		return found
	}
	for m := range i.Methods() {
		look(m.Signature())
	}
	return found
}

// readsFile reports whether a call reads from a file of a file system: an interface that tells
// what file it is, whose Read is called or which package io is given to read from. An *os.File
// may be a pipe, or a terminal.
func readsFile(c *call, f *types.Func) bool {
	if c.expr == nil {
		return false
	}
	info := c.pkg.Info
	file := func(e ast.Expr) bool {
		i, ok := orNever(info.TypeOf(e)).Underlying().(*types.Interface)
		if !ok {
			return false
		}
		for m := range i.Methods() {
			if r := m.Signature().Results(); m.Name() == "Stat" && m.Signature().Params().Len() == 0 && r.Len() == 2 && types.TypeString(types.Unalias(r.At(0).Type()), nil) == "io/fs.FileInfo" {
				return true
			}
		}
		return false
	}
	if pkgPath(f) == "io" && recvType(f) == nil {
		from, ok := map[string]int{"Copy": 1, "CopyN": 1, "CopyBuffer": 1, "ReadAll": 0, "ReadFull": 0, "ReadAtLeast": 0}[f.Name()]
		return ok && from < len(c.expr.Args) && file(c.expr.Args[from])
	}
	sel, ok := ast.Unparen(c.expr.Fun).(*ast.SelectorExpr)
	return ok && slices.Contains([]string{"Read", "ReadAt"}, f.Name()) && file(sel.X)
}

// inMemory reports whether a method of package bufio is called on a variable that reads from
// memory: it has been made of a reader of strings or bytes where it is declared.
func inMemory(c *call, f *types.Func) bool {
	if pkgPath(f) != "bufio" || recvType(f) == nil || c.expr == nil || c.in == nil || c.in.body == nil {
		return false
	}
	sel, ok := ast.Unparen(c.expr.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	id, ok := ast.Unparen(sel.X).(*ast.Ident)
	if !ok {
		return false
	}
	info := c.pkg.Info
	found := false
	ast.Inspect(c.in.body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || a.Tok != token.DEFINE || len(a.Lhs) != 1 || len(a.Rhs) != 1 {
			return true
		}
		if l, ok := a.Lhs[0].(*ast.Ident); !ok || info.Defs[l] == nil || info.Defs[l] != info.Uses[id] {
			return true
		}
		if made, ok := ast.Unparen(a.Rhs[0]).(*ast.CallExpr); ok && len(made.Args) > 0 {
			if g := funcOf(info, ast.Unparen(made.Fun)); g != nil && pkgPath(g) == "bufio" && strings.HasPrefix(g.Name(), "New") {
				t := types.TypeString(info.TypeOf(made.Args[0]), nil)
				found = slices.Contains([]string{"*strings.Reader", "*bytes.Reader", "*bytes.Buffer"}, t)
			}
		}
		return !found
	})
	return found
}

// goesOn reports whether a loop may go round for as long as something outside wants: its
// condition asks what others may change, or it has none, and waits in each turn.
func (x *index) goesOn(f *function, l *loop) bool {
	if l.body == nil {
		return waitsIn(f, f.body)
	}
	if x.loopKind(f.pkg.Info, l.stmt) != endless {
		return false
	}
	s, ok := l.stmt.(*ast.ForStmt)
	if !ok {
		return true // over a channel
	}
	if s.Cond == nil {
		return !leaves(s.Body) || waitsIn(f, s)
	}
	return x.asksOthers(f.pkg.Info, s.Cond, steps(f.pkg.Info, s))
}

// steps are the local variables that a loop gives another value in each turn: what it asks of
// what they lead to is asked of something else then, as of the next in a list.
func steps(info *types.Info, s *ast.ForStmt) map[types.Object]bool {
	m := map[types.Object]bool{}
	for _, n := range append(slices.Clone(s.Body.List), s.Post) {
		if a, ok := n.(*ast.AssignStmt); ok && a.Tok == token.ASSIGN {
			for _, l := range a.Lhs {
				if id, ok := l.(*ast.Ident); ok && info.Uses[id] != nil && info.Uses[id].Pkg() != nil && info.Uses[id].Parent() != info.Uses[id].Pkg().Scope() {
					m[info.Uses[id]] = true
				}
			}
		}
	}
	return m
}

// waitsIn reports whether something in a statement may wait, be it for a moment, and for
// something else than a lock.
func waitsIn(f *function, n ast.Node) bool {
	inside := func(p token.Pos) bool { return n.Pos() <= p && p < n.End() }
	return slices.ContainsFunc(f.parks, func(p park) bool { return inside(p.node.Pos()) }) ||
		slices.ContainsFunc(f.calls, func(c *call) bool {
			return c.manner == called && inside(c.pos()) && (c.unknown != "" || c.verdict > locks ||
				slices.ContainsFunc(slices.Concat(c.own, c.backs), func(g *function) bool { return g.waits }))
		})
}

// leaves reports whether there is a way out of a loop's body.
func leaves(body *ast.BlockStmt) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			found = true
		case *ast.BranchStmt:
			found = found || n.Tok == token.BREAK || n.Tok == token.GOTO
		}
		return !found
	})
	return found
}

// asksOthers reports whether a condition looks at what other goroutines may change: a field
// or a variable of the package as it is, what a pointer points at, an atomic value. How
// long something is shrinks with each turn, a struct that is a variable of the function is
// nobody else's, and what nothing sets is a constant.
func (x *index) asksOthers(info *types.Info, cond ast.Expr, steps map[types.Object]bool) bool {
	found := false
	ast.Inspect(cond, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StarExpr:
			found = true
		case *ast.SelectorExpr:
			if id, ok := ast.Unparen(n.X).(*ast.Ident); ok && steps[info.Uses[id]] {
				return false
			}
			if v := valueIn(info, n); v != nil && !x.shared[v] {
				return false
			}
			if v, ok := info.Uses[n.Sel].(*types.Var); ok && (v.IsField() || v.Pkg() != nil && v.Parent() == v.Pkg().Scope()) {
				found = true
			}
		case *ast.Ident:
			if v, ok := info.Uses[n].(*types.Var); ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
				_, basic := v.Type().Underlying().(*types.Basic)
				found = found || !basic || x.shared[v] || !x.prog.IsOwn(v.Pkg())
			}
		case *ast.CallExpr:
			if id, ok := ast.Unparen(n.Fun).(*ast.Ident); ok && info.Types[n.Fun].IsBuiltin() && id.Name == "len" {
				return false
			}
			if f := funcOf(info, ast.Unparen(n.Fun)); f != nil {
				found = found || pkgPath(f) == "sync/atomic"
				if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok {
					if _, isMethod := info.Selections[sel]; isMethod {
						for _, a := range n.Args {
							found = found || x.asksOthers(info, a, steps)
						}
						return false // what the method does has been looked at
					}
				}
			}
		}
		return !found
	})
	return found
}

// valueIn is the local variable that a field is a part of without a pointer in between, or nil.
func valueIn(info *types.Info, sel *ast.SelectorExpr) *types.Var {
	for {
		if s := info.Selections[sel]; s == nil || s.Kind() != types.FieldVal || s.Indirect() {
			return nil
		}
		if _, is := info.TypeOf(sel.X).Underlying().(*types.Pointer); is {
			return nil
		}
		switch x := ast.Unparen(sel.X).(type) {
		case *ast.SelectorExpr:
			sel = x
		case *ast.Ident:
			v, ok := info.Uses[x].(*types.Var)
			if !ok || v.IsField() || v.Pkg() == nil || v.Parent() == v.Pkg().Scope() {
				return nil
			}
			return v
		default:
			return nil
		}
	}
}

// passes reports whether a foreign function that may block returns by itself before long.
func (x *index) passes(f *types.Func) bool {
	if calledBack(f.Signature()) {
		return false
	}
	name, path := f.Name(), pkgPath(f)
	if p, ok := passing[path]; ok {
		full := tableName(f)
		if slices.Contains(p.stay, full) || slices.Contains(p.stay, full[:strings.IndexByte(full+".", '.')]+".*") {
			return false
		}
		if slices.ContainsFunc(p.begin, func(s string) bool { return strings.HasPrefix(name, s) }) {
			return false
		}
		if p.rest || slices.Contains(p.pass, full) {
			return true
		}
	}
	return logs(f) || recvType(f) != nil && slices.Contains(momentary, name) || x.computes(path)
}

// computes reports whether a foreign package, which is not the standard library's, only
// works in memory: nothing in it waits for a goroutine, and it imports nothing that waits.
func (x *index) computes(path string) bool {
	if is, known := x.computing[path]; known {
		return is
	}
	f := x.prog.Foreign[path]
	if f == nil || f.Standard {
		_, harmless := passing[path]
		_, judged := table[path]
		return (harmless || judged) && !slices.Contains([]string{"net", "net/http", "os", "io", "bufio", "sync", "time", "crypto/tls", "os/signal", "runtime"}, path) ||
			slices.Contains([]string{"unsafe", "encoding", "database/sql/driver"}, path)
	}
	if x.computing == nil {
		x.computing = map[string]bool{}
	}
	x.computing[path] = len(f.GoFiles) > 0
	for _, name := range f.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			x.computing[path] = false
			break
		}
		waits := slices.ContainsFunc(file.Imports, func(s *ast.ImportSpec) bool {
			p, err := strconv.Unquote(s.Path.Value)
			return err != nil || !x.computes(p)
		})
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt, *ast.SelectStmt, *ast.SendStmt, *ast.ChanType:
				waits = true
			case *ast.UnaryExpr:
				waits = waits || n.Op == token.ARROW
			}
			return !waits
		})
		if waits {
			x.computing[path] = false
			break
		}
	}
	return x.computing[path]
}

// calledBack reports whether a function is handed functions: what these do is not known
// here.
func calledBack(sig *types.Signature) bool {
	for v := range sig.Params().Variables() {
		t := v.Type()
		if s, ok := t.Underlying().(*types.Slice); ok {
			t = s.Elem()
		}
		if _, ok := t.Underlying().(*types.Signature); ok {
			return true
		}
	}
	return false
}

// logs reports whether a function writes a log's lines: the package is a log, or the
// method is one of a logger.
func logs(f *types.Func) bool {
	if f.Pkg() != nil {
		if n := f.Pkg().Name(); strings.HasSuffix(n, "log") || strings.HasPrefix(n, "log") {
			return true
		}
	}
	t := recvType(f)
	if t == nil {
		return false
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || !strings.Contains(strings.ToLower(n.Obj().Name()), "log") {
		return false
	}
	level := strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(f.Name(), "ln"), "Context"), "fwS")
	return slices.Contains([]string{"Trace", "Debug", "Info", "Notice", "Warn", "Warning", "Error", "Log", "Print", "Output", "With", "Err"}, level)
}

// momentary are methods that return before long on whatever they are called: by what
// everybody means by these names.
var momentary = []string{
	"Close", "CloseRead", "CloseWrite", "Write", "WriteString", "WriteByte", "WriteRune", "WriteAt", "WriteTo", "WriteHeader", "Header", "Flush",
	"Error", "String", "GoString", "Unwrap", "Is", "As", "Timeout", "Temporary",
	"LocalAddr", "RemoteAddr", "Addr", "Network", "SetDeadline", "SetReadDeadline", "SetWriteDeadline", "SetKeepAlive", "SetKeepAlivePeriod", "SetNoDelay", "SetLinger",
	"SetReadBuffer", "SetWriteBuffer", "Name", "Size", "Mode", "ModTime", "IsDir", "Sys", "Type", "Info", "Stat", "Lstat", "Chmod", "Chown", "Chtimes", "Mkdir", "MkdirAll",
	"Rename", "Remove", "RemoveAll", "Open", "OpenFile", "Create", "Seek", "Truncate", "Readdir", "Readdirnames", "ReadDir",
	"Len", "Less", "Swap", "Sum", "Reset", "BlockSize", "Unlock", "RUnlock", "TryLock", "Value", "Err", "Deadline", "Done",
	"MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "MarshalBinary", "UnmarshalBinary",
}

// A momentaryPackage says which functions of a package return by themselves before long.
type momentaryPackage struct {
	rest  bool     // all but stay
	stay  []string // "F", "T.M", "T.*"
	begin []string // of names of functions and methods that are not among these either
	pass  []string // besides those with the names of momentary
}

// passing is checked against the packages it names by TestTableNamesExist.
var passing = map[string]momentaryPackage{
	"bufio":           {pass: []string{"NewReader", "NewReaderSize", "NewWriter", "NewWriterSize", "NewReadWriter", "NewScanner", "Writer.Available", "Reader.Buffered", "Scanner.Text", "Scanner.Bytes", "Scanner.Buffer", "Scanner.Split"}},
	"bytes":           {rest: true, stay: []string{"Buffer.ReadFrom"}},
	"compress/flate":  {pass: []string{"NewWriter", "NewReader"}},
	"compress/gzip":   {pass: []string{"NewWriter", "NewWriterLevel"}},
	"compress/zlib":   {pass: []string{"NewWriter", "NewWriterLevel"}},
	"container/heap":  {rest: true},
	"context":         {rest: true},
	"crypto/hmac":     {rest: true},
	"crypto/md5":      {rest: true},
	"crypto/rand":     {rest: true},
	"crypto/sha1":     {rest: true},
	"crypto/sha256":   {rest: true},
	"crypto/sha512":   {rest: true},
	"crypto/tls":      {pass: []string{"Client", "Server", "NewListener", "LoadX509KeyPair", "X509KeyPair", "Listen", "Conn.ConnectionState"}},
	"crypto/x509":     {rest: true},
	"encoding/binary": {rest: true, stay: []string{"Read", "ReadUvarint", "ReadVarint"}},
	"encoding/gob":    {pass: []string{"NewEncoder", "NewDecoder", "Register", "Encoder.Encode"}},
	"encoding/json":   {rest: true, stay: []string{"Decoder.*"}},
	"encoding/xml":    {pass: []string{"Marshal", "MarshalIndent", "Unmarshal", "NewEncoder", "NewDecoder"}},
	"errors":          {rest: true},
	"expvar":          {rest: true},
	"flag":            {rest: true},
	"fmt":             {rest: true, stay: []string{"Scan", "Scanf", "Scanln", "Fscan", "Fscanf", "Fscanln"}},
	"hash":            {rest: true},
	"html/template":   {rest: true},
	"io":              {pass: []string{"WriteString", "MultiWriter", "MultiReader", "TeeReader", "LimitReader", "NewSectionReader", "NopCloser"}},
	"io/fs":           {rest: true},
	"io/ioutil":       {rest: true, stay: []string{"ReadAll"}},
	"log":             {rest: true},
	"log/slog":        {rest: true},
	"math/rand":       {rest: true},
	"math/rand/v2":    {rest: true},
	"mime":            {rest: true},
	"net":             {rest: true, stay: []string{"Dialer.*", "TCPConn.WriteTo"}, begin: []string{"Dial", "Accept", "Read"}},
	"net/http":        {pass: []string{"Error", "NotFound", "Redirect", "NewRequest", "NewRequestWithContext", "NewServeMux", "ServeMux.Handle", "SetCookie", "StatusText"}},
	"net/netip":       {rest: true},
	"net/textproto":   {pass: []string{"NewReader", "NewWriter"}},
	"net/url":         {rest: true},
	"os":              {rest: true, stay: []string{"File.Read", "File.ReadFrom", "File.WriteTo", "Process.Wait", "File.ReadAt"}},
	"os/signal":       {pass: []string{"Notify", "Stop", "Reset", "Ignore"}},
	"path/filepath":   {rest: true},
	"reflect":         {rest: true, stay: []string{"Value.Call", "Value.CallSlice", "Value.Recv", "Value.Send", "Select"}},
	"regexp":          {rest: true, stay: []string{"Regexp.MatchReader", "Regexp.FindReaderIndex", "Regexp.FindReaderSubmatchIndex", "MatchReader"}},
	"runtime":         {rest: true},
	"runtime/debug":   {rest: true},
	"slices":          {rest: true},
	"sort":            {rest: true},
	"strconv":         {rest: true},
	"strings":         {rest: true},
	"sync":            {pass: []string{"Pool.Get", "Mutex.Lock", "RWMutex.Lock", "RWMutex.RLock", "Locker.Lock"}},
	"syscall":         {pass: []string{"SetsockoptInt", "GetsockoptInt", "SetNonblock", "Getpid", "Getrlimit", "Setrlimit", "Kill"}},
	"text/tabwriter":  {rest: true},
	"text/template":   {rest: true},
	"time":            {rest: true, stay: []string{"Sleep"}},
	"unicode":         {rest: true},
}
