package update

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// whole is the object with all its pages.
func whole(o *Object) []byte {
	b := make([]byte, o.Size())
	o.ReadAt(b, 0)
	return b
}

// shapes are objects with pages of zeros at all kinds of places.
func shapes() [][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	all := [][]byte{nil, {1}, {0}, make([]byte, page), make([]byte, 3*page+5)}
	for range 50 {
		b := make([]byte, rng.IntN(20*page))
		for at := 0; at < len(b); at += page {
			if rng.IntN(2) == 0 {
				b[min(at+rng.IntN(page), len(b)-1)] = byte(1 + rng.IntN(255))
			}
		}
		all = append(all, b)
	}
	return all
}

func TestObjectIsWhatItWas(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for i, data := range shapes() {
		o, err := parseObject(NewObject(data).stored)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(whole(o), data) {
			t.Fatalf("object %d is another one", i)
		}
		want := bytes.NewReader(data)
		for range 100 {
			off := rng.Int64N(int64(len(data)) + page)
			p, q := make([]byte, rng.IntN(3*page)), make([]byte, 3*page)
			q = q[:len(p)]
			rng.Int64()
			for i := range p {
				p[i] = 7 // is to be written over
			}
			n, err := o.ReadAt(p, off)
			m, wantErr := want.ReadAt(q, off)
			if n != m || !bytes.Equal(p[:n], q[:m]) || (err == io.EOF) != (wantErr == io.EOF) {
				t.Fatalf("object %d of %d bytes, %d bytes at %d: %d %v, want %d %v", i, len(data), len(p), off, n, err, m, wantErr)
			}
		}
	}
}

// The pages of zeros take neither room in the update file nor in the one that is mapped.
func TestZeroPagesTakeNoRoom(t *testing.T) {
	const size, from = 200 * page, 150 * page
	data := make([]byte, size)
	data[0], data[from] = 1, 2
	o := NewObject(data)
	if len(o.stored) > 3*page {
		t.Errorf("%d bytes are stored for two pages", len(o.stored))
	}
	name := filepath.Join(t.TempDir(), "object")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := o.WriteSparse(f, size-10); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(got, data[:size-10]) {
		t.Fatalf("the file is another one, %v", err)
	}
	fi, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if used := fi.Sys().(*syscall.Stat_t).Blocks * 512; used > 10*page {
		t.Errorf("the file takes %d bytes on disk", used)
	}
	if err := o.WriteSparse(f, size+1); err == nil {
		t.Error("more is written than there is")
	}
}

// What lists of pages say that are none is refused, and no memory is taken for it.
func TestBadObjects(t *testing.T) {
	le := binary.LittleEndian
	make := func(words ...uint64) []byte {
		var b []byte
		for _, w := range words {
			b = le.AppendUint64(b, w)
		}
		return b
	}
	for name, b := range map[string][]byte{
		"empty":          nil,
		"short":          make(5),
		"too large":      make(maxObject+1, 0),
		"too many runs":  make(100, 1<<60),
		"more runs":      make(100, 2, 0, 8, 7),
		"behind the end": make(8, 1, 1, 8, 7),
		"overflow":       make(8, 1, ^uint64(0)-3, 8, 7),
		"no bytes":       make(8, 1, 0, 0),
		"bytes missing":  make(100, 1, 0, 16, 7),
		"bytes left":     make(100, 1, 0, 8, 7, 7),
		"out of order":   make(100, 2, 50, 8, 0, 8, 7, 7),
		"touching":       make(100, 2, 0, 8, 8, 8, 7, 7),
	} {
		if o, err := parseObject(b); err == nil {
			t.Errorf("%s: an object of %d bytes", name, o.Size())
		}
	}
	if n := testing.AllocsPerRun(10, func() { parseObject(make(maxObject, 0)) }); n > 10 {
		t.Errorf("%v allocations", n)
	}
	o, err := parseObject(make(maxObject, 0))
	if err != nil || o.Size() != maxObject {
		t.Errorf("an object of zeros alone: %v", err)
	}
}
