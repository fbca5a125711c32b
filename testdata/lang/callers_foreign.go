// Foreign code that asks who called sees what it sees in the plain program: loggers that count frames, stack traces as
// text, profiles. A frame that was captured and rebuilt shows once, also where what called it is foreign.
package main

import (
	"bytes"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"sort"
	"strings"
	"sync"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

// frames are the program's own ones in the first stack of a text, with their lines, outwards.
func frames(text string) string {
	text, _, _ = strings.Cut(text, "\n\n")
	lines := strings.Split(text, "\n")
	var l []string
	for i, s := range lines {
		s = strings.TrimPrefix(s, "created by ")
		if !strings.HasPrefix(s, "main.") && !strings.HasPrefix(s, "panic(") {
			continue
		}
		s, _, _ = strings.Cut(s, " in goroutine")
		if i := strings.LastIndexByte(s, '('); i > 0 {
			s = s[:i]
		}
		if strings.Contains(s, ".func") {
			s = "literal" // the compiler names those after what they are inlined into
		}
		at, _, _ := strings.Cut(filepath.Base(lines[i+1]), " ")
		l = append(l, s+" "+at[strings.IndexByte(at, ':'):])
	}
	return strings.Join(l, ", ")
}

var plainly = log.New(os.Stdout, "log ", log.Lshortfile)

var structured = slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{AddSource: true, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Any().(type) {
	case *slog.Source:
		return slog.String("source", fmt.Sprint(v.Function, " ", v.Line))
	}
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}}))

//go:noinline
func show(what string) {
	pause()
	for depth := 1; depth <= 4; depth++ {
		var b bytes.Buffer
		log.New(&b, "", log.Lshortfile).Output(depth, what)
		_, at, _ := strings.Cut(b.String(), ":")
		fmt.Print("depth ", depth, " ", at)
	}
	fmt.Println("stack", frames(string(debug.Stack())))
	pause()
	buf := make([]byte, 1<<16)
	fmt.Println("stack", frames(string(buf[:runtime.Stack(buf, false)])))
	var b bytes.Buffer
	pprof.Lookup("goroutine").WriteTo(&b, 2)
	fmt.Println("profile", frames(b.String()))
}

//go:noinline
func logs(n int) {
	pause()
	at := structured.With("n", n)
	at.Info("said")
	if n > 0 {
		logs(n - 1)
		pause()
	}
	at.Info("said again")
}

func middle(n int) (r int) {
	for i := range n {
		pause()
		show(fmt.Sprint("middle ", i))
		r += i
	}
	return r
}

type thing struct{ n int }

func (t *thing) method(what string) int { pause(); show(what); return t.n }

func (t thing) Less(i, j int) bool { show("less"); pause(); return i < j }

func generic[T any](x T) T {
	pause()
	show(fmt.Sprint("generic ", x))
	pause()
	return x
}

//go:noinline
func recovers(how int) (r string) {
	pause()
	defer func() {
		pause()
		if how > 1 {
			show("deferred")
		}
		r = fmt.Sprint("recovered ", recover())
		pause()
		show("after it")
	}()
	defer func() {
		pause()
		fmt.Println("panicking", frames(string(debug.Stack())))
	}()
	pause()
	switch how {
	case 0:
		panic("zero")
	case 1:
		var m map[int]int
		m[how] = how
	}
	pause()
	var s []int
	return fmt.Sprint(s[how])
}

func main() {
	pause()
	show("main")
	middle(2)
	logs(2)
	t := &thing{7}
	fmt.Println(t.method("method"))
	f := t.method
	fmt.Println(f("method value"))
	fmt.Println(generic(5), generic("five"), generic(thing{1}))
	for how := range 3 {
		fmt.Println(recovers(how))
	}
	func() {
		pause()
		func() {
			defer show("deferred call")
			pause()
			show("literal")
		}()
	}()

	// Bases: what calls these is foreign.
	l := []int{2, 1}
	sort.Slice(l, func(i, j int) bool { pause(); show("sort"); pause(); return l[i] < l[j] })
	slices.SortFunc(l, func(a, b int) int { show("slices"); pause(); return b - a })
	fmt.Println(l)
	reflect.ValueOf(t.method).Call([]reflect.Value{reflect.ValueOf("reflect")})
	reflect.ValueOf(middle).Call([]reflect.Value{reflect.ValueOf(1)})
	reflect.ValueOf(t).Method(0).Call([]reflect.Value{reflect.ValueOf(1), reflect.ValueOf(2)})
	var once sync.Once
	once.Do(func() { pause(); show("once"); pause(); middle(1) })
	strings.Map(func(r rune) rune { pause(); show("map"); return r + 1 }, "a")
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		pause()
		show("goroutine")
		generic(int8(3))
	}()
	wg.Wait()
	wg.Add(1)
	go t.together(&wg)
	wg.Wait()
	pause()
	plainly.Print("end")
	plainly.Output(1, "of it")
}

func (t *thing) together(wg *sync.WaitGroup) { defer wg.Done(); pause(); show("method goroutine") }
