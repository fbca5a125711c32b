package conformance

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"

	"github.com/upstarego/upstarego/internal/corpus"
)

// A Record is what became of one program.
type Record struct {
	Program string          `json:"program"`
	Group   string          `json:"group"`
	Outcome Outcome         `json:"outcome"`
	Why     string          `json:"why,omitempty"`
	Direct  bool            `json:"direct,omitempty"` // built without the command
	Key     string          `json:"key,omitempty"`    // digest of the program
	Tool    string          `json:"tool,omitempty"`   // digest of the tool, and the version of Go
	Results []corpus.Result `json:"results,omitempty"`
}

// An Outcome is what all modes of a program together come to.
type Outcome string

const (
	Same      Outcome = "same"       // in every mode, and captured
	NoCapture Outcome = "no capture" // the same in every mode, but nothing was there to capture
	Different Outcome = "different"  // in at least one mode, or it is not built
	Refused   Outcome = "refused"    // the tool declined it
	Skipped   Outcome = "skipped"    // not for this machine, a test that measures allocations, or the plain program does not do as it should
)

// Outcomes in the order of the table.
var Outcomes = []Outcome{Same, NoCapture, Different, Refused, Skipped}

// judge makes one outcome of a program's results.
func judge(results []corpus.Result) (o Outcome, why string) {
	o = NoCapture
	for _, r := range results {
		switch {
		case r.Class == corpus.Unsuitable:
			return Skipped, oneLine(r.Detail)
		case r.Class == corpus.Refused:
			return Refused, oneLine(r.Detail)
		case r.Class.Wrong():
			return Different, fmt.Sprintf("%s: %s: %s", r.Builder, r.Class, oneLine(r.Detail))
		case r.Report != nil && r.Report.Captures > 0:
			o = Same
		}
	}
	return o, ""
}

func oneLine(detail []string) string {
	s := strings.Join(strings.Fields(strings.Join(detail, "; ")), " ")
	if r := []rune(s); len(r) > 300 {
		s = string(r[:300]) + "…"
	}
	return s
}

// A Store keeps records in a file, one a line, from the moment they are there: a run that is cut short is gone on
// with. The last record of a program counts.
type Store struct {
	mu      sync.Mutex
	file    *os.File
	records map[string]Record
}

// OpenStore reads the records in name, and goes on there.
func OpenStore(name string) (*Store, error) {
	s := &Store{records: map[string]Record{}}
	old, err := os.Open(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		lines := bufio.NewScanner(old)
		lines.Buffer(nil, 64<<20)
		for lines.Scan() {
			var r Record
			// A line that was cut short is one that was not written.
			if json.Unmarshal(lines.Bytes(), &r) == nil {
				s.records[r.Program] = r
			}
		}
		old.Close()
		if err := lines.Err(); err != nil {
			return nil, err
		}
	}
	if s.file, err = os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644); err != nil {
		return nil, err
	}
	// Behind a line that was cut short, if there is one.
	_, err = s.file.WriteString("\n")
	return s, err
}

// Get returns what is known of a program.
func (s *Store) Get(program string) (Record, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.records[program]
	return r, ok
}

// Put keeps a record.
func (s *Store) Put(r Record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[r.Program] = r
	_, err = s.file.Write(append(line, '\n'))
	return err
}

// Close closes the file.
func (s *Store) Close() error { return s.file.Close() }
