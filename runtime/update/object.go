package update

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"
)

// An Object is a shared object of which whole pages are zero: the process has what
// was there. Such pages are not in an update file, and not to be written to the one
// that is mapped either. In an update file an object is
//
//	offset  size  content
//	0       8     size of the object
//	8       8     number of runs
//	16      16*n  each run's offset in the object and its length
//	              the runs' bytes, one run after the other
//
// A run does not touch the one before it.
type Object struct {
	size   int64
	runs   []run
	stored []byte // all of it, as it is in the file
}

type run struct {
	off  int64
	data []byte
}

const (
	objectHead = 16
	runHead    = 16
	page       = 4096
)

var zeros [page]byte

// NewObject finds the pages of a shared object that are not zero.
func NewObject(data []byte) *Object {
	var spans [][2]int
	for at := 0; at < len(data); at += page {
		end := min(at+page, len(data))
		switch n := len(spans); {
		case bytes.Equal(data[at:end], zeros[:end-at]):
		case n > 0 && spans[n-1][1] == at:
			spans[n-1][1] = end
		default:
			spans = append(spans, [2]int{at, end})
		}
	}
	le := binary.LittleEndian
	b := le.AppendUint64(nil, uint64(len(data)))
	b = le.AppendUint64(b, uint64(len(spans)))
	for _, s := range spans {
		b = le.AppendUint64(b, uint64(s[0]))
		b = le.AppendUint64(b, uint64(s[1]-s[0]))
	}
	for _, s := range spans {
		b = append(b, data[s[0]:s[1]]...)
	}
	o, err := parseObject(b)
	if err != nil {
		panic(err) // it has just been made
	}
	return o
}

// parseObject takes no memory but for the list of runs, whatever size the object claims.
func parseObject(stored []byte) (*Object, error) {
	bad := errors.New("the list of the shared object's pages cannot be read")
	le := binary.LittleEndian
	if len(stored) < objectHead {
		return nil, bad
	}
	o := &Object{stored: stored}
	size, n := le.Uint64(stored), le.Uint64(stored[8:])
	if size > maxObject || n > uint64(len(stored)-objectHead)/runHead {
		return nil, bad
	}
	o.size = int64(size)
	list, data := stored[objectHead:objectHead+n*runHead], stored[objectHead+n*runHead:]
	end := uint64(0)
	o.runs = make([]run, 0, n)
	for ; len(list) > 0; list = list[runHead:] {
		off, length := le.Uint64(list), le.Uint64(list[8:])
		if off > size || length == 0 || length > size-off || length > uint64(len(data)) || off < end || off == end && len(o.runs) > 0 {
			return nil, bad
		}
		o.runs = append(o.runs, run{int64(off), data[:length:length]})
		data, end = data[length:], off+length
	}
	if len(data) > 0 {
		return nil, bad
	}
	return o, nil
}

// Size is that of the object with all its pages.
func (o *Object) Size() int64 { return o.size }

// ReadAt reads from the object with all its pages.
func (o *Object) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("update: read before the object")
	}
	if rest := o.size - off; rest < int64(len(p)) {
		p, err = p[:max(rest, 0)], io.EOF
	}
	clear(p)
	end := off + int64(len(p))
	i := sort.Search(len(o.runs), func(i int) bool { return o.runs[i].off+int64(len(o.runs[i].data)) > off })
	for ; i < len(o.runs) && o.runs[i].off < end; i++ {
		r := o.runs[i]
		if r.off >= off {
			copy(p[r.off-off:], r.data)
		} else {
			copy(p, r.data[off-r.off:])
		}
	}
	return len(p), err
}

// A Sparse is a file that reads as zeros where nothing was written.
type Sparse interface {
	io.WriterAt
	Truncate(size int64) error
}

// WriteSparse writes the object's first size bytes to an empty file, and nothing
// where its pages are zero.
func (o *Object) WriteSparse(f Sparse, size int64) error {
	if size < 0 || size > o.size {
		return fmt.Errorf("the object has %d bytes, not %d", o.size, size)
	}
	if err := f.Truncate(size); err != nil {
		return err
	}
	for _, r := range o.runs {
		if r.off >= size {
			break
		}
		if _, err := f.WriteAt(r.data[:min(int64(len(r.data)), size-r.off)], r.off); err != nil {
			return err
		}
	}
	return nil
}
