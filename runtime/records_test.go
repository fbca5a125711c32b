package runtime

import (
	"testing"
	"unsafe"
)

// TestRecordLines: a goroutine that marks itself writes to no line that another one
// marks itself in, and a record of a goroutine that has not been captured is small.
func TestRecordLines(t *testing.T) {
	const line = 64
	if n := unsafe.Sizeof(Rec{}); n != 2*line {
		t.Errorf("a record has %d bytes", n)
	}
	var l recList
	for range 3 * len(recChunk{}) {
		if r := l.add(); uintptr(unsafe.Pointer(r))%line != 0 {
			t.Fatalf("record %d is at %p", l.n-1, r)
		}
	}
}

// TestRecordsFound: each goroutine has one record however large the table has become
// since, every record is looked at once, alone and by helpers, and a look may end early.
func TestRecordsFound(t *testing.T) {
	const n = 3*atOnce*256 + 7
	made, again, end := make(chan *Rec, n), make(chan struct{}), make(chan bool)
	for range n {
		go func() {
			r := Cur()
			made <- r
			<-again
			end <- Cur() == r
		}()
	}
	mine := map[*Rec]bool{}
	for range n {
		mine[<-made] = true
	}
	if len(mine) != n {
		t.Errorf("%d goroutines have %d records", n, len(mine))
	}

	seen := map[*Rec]int{}
	eachRec(func(r *Rec) bool { seen[r]++; return true })
	var mu mutex
	lookAtAll(func(part []Rec) {
		mu.Lock()
		defer mu.Unlock()
		for i := range part {
			seen[&part[i]] += 10
		}
	})
	for r := range mine {
		if seen[r] != 11 {
			t.Fatalf("a record was seen %d times", seen[r])
		}
	}
	for r, k := range seen {
		if r.g == 0 || k != 11 && mine[r] {
			t.Fatalf("a record of g %x was seen %d times", r.g, k)
		}
	}
	looks := 0
	eachRec(func(*Rec) bool { looks++; return looks < 300 })
	if looks != 300 {
		t.Errorf("looked at %d records, not 300", looks)
	}

	close(again)
	for range n {
		if !<-end {
			t.Error("a goroutine has another record than before")
		}
	}
}

// BenchmarkLook is what one look at the records of 200,000 parked goroutines costs.
func BenchmarkLook(b *testing.B) {
	const n = 200_000
	parked, end := make(chan bool), make(chan bool)
	for range n {
		go func() {
			r := Park()
			parked <- true
			<-end
			r.state.Store(Out)
		}()
	}
	for range n {
		<-parked
	}
	defer close(end)
	for _, look := range []struct {
		name string
		f    func() int
	}{
		{"scan", func() int { return Scan().Parked }},
		{"running", func() int { return n + len(runningAt(nil)) }},
	} {
		b.Run(look.name, func(b *testing.B) {
			for range b.N {
				if k := look.f(); k < n {
					b.Fatalf("%d are parked", k)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/goroutine")
		})
	}
}

// BenchmarkCur is what it costs to find the record of the running goroutine, with many
// others in the table.
func BenchmarkCur(b *testing.B) {
	r := Cur()
	for range b.N {
		if Cur() != r {
			b.Fatal("another record")
		}
	}
}
