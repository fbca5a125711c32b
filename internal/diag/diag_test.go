package diag

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

func at(file string, line, col int) token.Position {
	return token.Position{Filename: file, Line: line, Column: col}
}

func TestTextForm(t *testing.T) {
	for _, c := range []struct {
		d    *Diagnostic
		want string
	}{
		{New("UP1011", at("a.go", 3, 8), "package uses cgo", "frames cannot hold C memory", "leave it out"), "a.go:3:8: package uses cgo: frames cannot hold C memory; leave it out [UP1011]"},
		{New("UP1007", token.Position{}, "not inside a module", "", "run go mod init"), "not inside a module; run go mod init [UP1007]"},
		{New("UP1005", at("go.mod", 0, 0), "bad", "", ""), "go.mod: bad [UP1005]"},
	} {
		if got := c.d.Error(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestListIsSortedAndWithoutRepetition(t *testing.T) {
	var l List
	l.Add("UP1002", at("b.go", 1, 1), "second file", "", "")
	l.Add("UP1002", at("a.go", 10, 1), "later line", "", "")
	l.Add("UP1002", at("a.go", 9, 1), "earlier line", "", "")
	l.Add("UP1002", at("a.go", 9, 1), "earlier line", "", "")
	l.Add("UP1001", token.Position{}, "no place", "", "")
	var got []string
	for line := range strings.SplitSeq(l.Err().Error(), "\n") {
		got = append(got, line)
	}
	want := []string{"no place [UP1001]", "a.go:9:1: earlier line [UP1002]", "a.go:10:1: later line [UP1002]", "b.go:1:1: second file [UP1002]"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if (List{}).Err() != nil {
		t.Error("an empty list is not an error")
	}
}

func TestJSONRoundTrip(t *testing.T) {
	var l List
	l.Add("UP1011", at("a.go", 3, 8), "w", "y", "d")
	l.AddError("UP1203", fmt.Errorf("wrapped: %w", New("UP1010", token.Position{}, "inner", "", "")))
	l.AddError("UP1203", errors.New("plain"))
	var b bytes.Buffer
	if err := WriteJSON(&b, l); err != nil {
		t.Fatal(err)
	}
	var back List
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if back.Error() != l.Error() || len(back) != 3 {
		t.Errorf("got %v\nwant %v", back, l)
	}
	if !Has(l, "UP1010") || Has(l, "UP1005") {
		t.Error("Has looks at the codes in the list")
	}
}

func TestEveryCodeIsExplained(t *testing.T) {
	form := regexp.MustCompile(`^UP(10|11|12|20|30|31)\d\d$`)
	for _, i := range All() {
		if !form.MatchString(i.Code) {
			t.Errorf("%s is in no range", i.Code)
		}
		if i.Title == "" || strings.HasSuffix(i.Title, ".") {
			t.Errorf("%s: the title %q is one line without a full stop", i.Code, i.Title)
		}
		if !strings.HasSuffix(i.Explanation, ".") {
			t.Errorf("%s: the explanation is made of sentences", i.Code)
		}
	}
	if i, ok := Explain(OwnCgo); !ok || i.Title != "own package uses cgo" {
		t.Errorf("Explain(%s) = %v, %v", OwnCgo, i, ok)
	}
}
