// Package update is the update file: a manifest that says what the new code is
// and where it belongs, and the shared object itself.
//
//	offset  size  content
//	0       8     magic "UPSTARE\n"
//	8       4     format version, little endian
//	12      4     length of the manifest
//	16      8     length of the shared object
//	24      4     length of the signature (0: unsigned)
//	28      4     zero
//	32      32    SHA-256 of everything but these 32 bytes and the signature
//	64            manifest (JSON), shared object, signature
//
// The tool writes it and the running process reads it, so this package uses the
// standard library alone.
package update

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
)

const (
	magic      = "UPSTARE\n"
	version    = 1
	headerSize = 64
	digestAt   = 32
	// maxManifest and maxObject bound what is read into memory before the digest
	// is known to be right.
	maxManifest = 256 << 20
	maxObject   = 4 << 30
)

// Manifest says what an update is and which process it belongs to.
type Manifest struct {
	Lineage string `json:"lineage"` // identity of the lineage: the node of its first release
	Base    string `json:"base"`    // node of the release that this one updates
	Release string `json:"release"` // the user's name of the release
	Node    string `json:"node"`    // node of this release

	GoVersion string   `json:"goVersion"` // runtime.Version() of the toolchain, exactly
	GOOS      string   `json:"goos"`
	GOARCH    string   `json:"goarch"`
	Flags     []string `json:"flags"` // the build flags that a lineage keeps, in a fixed order

	// Packages are the source hashes of all packages outside the standard library
	// (link.Result.Hashes), Recompiled those of them that bring their own code.
	// The process compares the hashes of all others with its own.
	Packages   map[string]string `json:"packages"`
	Recompiled []string          `json:"recompiled"`
	// Shared are linker names of variables the process must provide, with the
	// nodes that define them (link.Result.Shared).
	Shared map[string]string `json:"shared,omitempty"`

	// ObjectSHA256 is filled in by Write and checked by Open.
	ObjectSHA256 string `json:"objectSHA256"`
	// Ledger is the release's ledger, opaque here.
	Ledger json.RawMessage `json:"ledger,omitempty"`
}

// File is an update file that Open has verified.
type File struct {
	Manifest  Manifest
	Object    []byte // the shared object: what the digest was computed over
	Signature []byte
	Digest    [sha256.Size]byte // what a signature signs
	path      string
}

// Path is where the file was read from, for messages.
func (f *File) Path() string { return f.path }

// Write writes an update file. m.ObjectSHA256 is set from object.
func Write(w io.Writer, m Manifest, object []byte) error {
	m.ObjectSHA256 = fmt.Sprintf("%x", sha256.Sum256(object))
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("update: manifest: %w", err)
	}
	if len(text) > maxManifest || len(object) > maxObject {
		return fmt.Errorf("update: manifest of %d bytes, object of %d: larger than the format holds", len(text), len(object))
	}
	head := header(len(text), len(object), 0)
	sum := digest(head, text, object)
	copy(head[digestAt:], sum[:])
	for _, part := range [][]byte{head, text, object} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

func header(manifest, object, signature int) []byte {
	h := make([]byte, headerSize)
	copy(h, magic)
	le := binary.LittleEndian
	le.PutUint32(h[8:], version)
	le.PutUint32(h[12:], uint32(manifest))
	le.PutUint64(h[16:], uint64(object))
	le.PutUint32(h[24:], uint32(signature))
	return h
}

// digest leaves the digest itself and the signature's length out, so that a
// signature can be put in place later.
func digest(head, manifest, object []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(head[:24])
	h.Write(manifest)
	h.Write(object)
	h.Sum(sum[:0])
	return sum
}

// Open reads an update file once into memory and verifies its lengths and its
// digest. What it returns is what was verified, whatever happens to the file.
func Open(path string) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{Code: NotReadable, Path: path, Why: err.Error(), Err: err}
	}
	f, err := Parse(data)
	if e, ok := err.(*Error); ok {
		e.Path = path
	}
	if err != nil {
		return nil, err
	}
	f.path = path
	return f, nil
}

// Parse verifies the bytes of an update file. The result shares data.
func Parse(data []byte) (*File, error) {
	if len(data) < len(magic) || string(data[:len(magic)]) != magic {
		if len(data) < headerSize && bytes.HasPrefix([]byte(magic), data[:min(len(data), len(magic))]) {
			return nil, &Error{Code: Truncated, Why: fmt.Sprintf("the file ends after %d bytes, within its header", len(data))}
		}
		return nil, &Error{Code: NotAnUpdate, Why: "the file does not begin with an update file's magic number"}
	}
	if len(data) < headerSize {
		return nil, &Error{Code: Truncated, Why: fmt.Sprintf("the file ends after %d bytes, within its header", len(data))}
	}
	head, le := data[:headerSize], binary.LittleEndian
	if v := le.Uint32(head[8:]); v != version {
		return nil, &Error{Code: OtherFormat, Why: fmt.Sprintf("the file has format %d, this process reads format %d", v, version)}
	}
	nm, no, ns := uint64(le.Uint32(head[12:])), le.Uint64(head[16:]), uint64(le.Uint32(head[24:]))
	if nm > maxManifest || no > maxObject || ns > math.MaxUint16 || le.Uint32(head[28:]) != 0 {
		return nil, &Error{Code: Edited, Why: "the header's lengths are out of range"}
	}
	rest := data[headerSize:]
	if want := nm + no + ns; uint64(len(rest)) < want {
		return nil, &Error{Code: Truncated, Why: fmt.Sprintf("%d bytes are missing at the end", want-uint64(len(rest)))}
	} else if uint64(len(rest)) > want {
		return nil, &Error{Code: Edited, Why: fmt.Sprintf("%d bytes follow the end", uint64(len(rest))-want)}
	}
	text, object, sig := rest[:nm], rest[nm:nm+no], rest[nm+no:]
	sum := digest(head, text, object)
	if !bytes.Equal(sum[:], head[digestAt:]) {
		return nil, &Error{Code: Edited, Why: "the content does not have the digest that the header states"}
	}
	f := &File{Object: object, Signature: sig, Digest: sum}
	if err := json.Unmarshal(text, &f.Manifest); err != nil {
		return nil, &Error{Code: Edited, Why: "the manifest cannot be read: " + err.Error(), Err: err}
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(object)); got != f.Manifest.ObjectSHA256 {
		return nil, &Error{Code: Edited, Why: "the shared object is not the one the manifest was written for"}
	}
	return f, nil
}
