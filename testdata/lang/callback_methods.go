// Methods that foreign code finds by interface: Stringer, Formatter, error, Marshaler, Writer, Scanner, Value.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/template"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type temp float64

func (t temp) String() string { pause(); return fmt.Sprintf("%.1f°", float64(t)) }

type money struct{ cents int }

func (m money) MarshalJSON() ([]byte, error) {
	pause()
	if m.cents < 0 {
		return nil, errors.New("debt")
	}
	return json.Marshal(fmt.Sprintf("%d.%02d", m.cents/100, m.cents%100))
}

func (m *money) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	pause()
	var whole, part int
	if _, err := fmt.Sscanf(s, "%d.%d", &whole, &part); err != nil {
		return err
	}
	m.cents = whole*100 + part
	return nil
}

type hexed struct{ n int }

func (h hexed) Format(f fmt.State, verb rune) {
	width, ok := f.Width()
	pause()
	fmt.Fprintf(f, "<%x %c %d %v>", h.n, verb, width, ok)
}

type upper struct{ w io.Writer }

func (u upper) Write(p []byte) (int, error) {
	pause()
	n, err := u.w.Write(bytes.ToUpper(p))
	pause()
	return n, err
}

type list []string

func (l *list) String() string { return strings.Join(*l, ",") }
func (l *list) Set(s string) error {
	pause()
	if s == "" {
		return errors.New("empty")
	}
	*l = append(*l, s)
	return nil
}

type failure struct{ inner error }

func (f *failure) Error() string        { pause(); return "failure: " + f.inner.Error() }
func (f *failure) Unwrap() error        { pause(); return f.inner }
func (f *failure) Is(target error) bool { pause(); return target == io.ErrUnexpectedEOF }

type page struct{ Title string }

func (p page) Shout() string                 { pause(); return strings.ToUpper(p.Title) }
func (p page) Parts(n int) ([]string, error) { pause(); return strings.SplitN(p.Title, " ", n), nil }

func main() {
	fmt.Println(temp(21.55), []temp{1, 2}, map[string]temp{"a": 3})
	out, err := json.Marshal(map[string]any{"a": money{1234}, "b": []money{{5}, {600}}})
	fmt.Println(string(out), err)
	_, err = json.Marshal(money{-1})
	fmt.Println(err)
	var back struct{ A *money }
	fmt.Println(json.Unmarshal([]byte(`{"a": "12.34"}`), &back), back.A.cents)
	fmt.Println(json.Unmarshal([]byte(`{"a": "x"}`), &back) != nil)
	fmt.Printf("%v|%5q|%s\n", hexed{255}, hexed{16}, []any{hexed{1}})
	var buf bytes.Buffer
	w := bufio.NewWriterSize(upper{&buf}, 16)
	for i := range 5 {
		fmt.Fprintf(w, "line %d of the text\n", i)
		pause()
	}
	w.Flush()
	fmt.Print(buf.String())
	var l list
	fs := flag.NewFlagSet("p", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Var(&l, "l", "list")
	fs.Func("f", "func", func(s string) error { pause(); l = append(l, "f"+s); return nil })
	fmt.Println(fs.Parse([]string{"-l", "a", "-f", "x", "-l=b", "rest"}), l, fs.Args())
	e := fmt.Errorf("wrap: %w", &failure{io.EOF})
	var f *failure
	fmt.Println(errors.Is(e, io.EOF), errors.Is(e, io.ErrUnexpectedEOF), errors.As(e, &f), e)
	sc := bufio.NewScanner(strings.NewReader("a,b,,c"))
	sc.Split(func(data []byte, eof bool) (int, []byte, error) {
		pause()
		if i := bytes.IndexByte(data, ','); i >= 0 {
			return i + 1, data[:i], nil
		}
		if eof && len(data) > 0 {
			return len(data), data, nil
		}
		return 0, nil, nil
	})
	for sc.Scan() {
		pause()
		fmt.Printf("%q ", sc.Text())
	}
	fmt.Println()
	t := template.Must(template.New("t").Funcs(template.FuncMap{"twice": func(s string) string { pause(); return s + s }}).
		Parse(`{{.Shout}} {{range .Parts 2}}[{{twice .}}]{{end}}`))
	fmt.Println(t.Execute(&buf, page{"hello wide world"}) == nil, strings.HasSuffix(buf.String(), "]"), buf.Len())
}
