// Package update is the update file: a manifest that says what the new code is
// and where it belongs, and the shared object itself.
//
//	offset  size  content
//	0       8     magic "UPSTARE\n"
//	8       4     format version, little endian
//	12      4     length of the manifest
//	16      8     length of the shared object, as it is stored; see Object
//	24      4     length of the signatures (0: unsigned)
//	28      4     zero
//	32      32    SHA-256 of everything but these 32 bytes and the signatures
//	64            manifest (JSON), shared object, signatures
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
)

const (
	magic       = "UPSTARE\n"
	version     = 2
	headerSize  = 64
	digestAt    = 32
	sigLengthAt = 24
	// What is read into memory is bounded by the file's size as well.
	maxManifest = 64 << 20
	maxObject   = 1 << 30
	maxFile     = headerSize + maxManifest + maxObject + maxSignature
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
	// Own are the instrumented packages.
	Own []string `json:"own"`
	// Shared are linker names of variables the process must provide, with the
	// nodes that define them (link.Result.Shared).
	Shared map[string]string `json:"shared,omitempty"`

	// ObjectSHA256 is that of the object as it is stored. It is filled in by Write and checked by Open.
	ObjectSHA256 string `json:"objectSHA256"`
	// Ledger is the release's ledger, opaque here.
	Ledger json.RawMessage `json:"ledger,omitempty"`
}

// File is an update file that Open has verified.
type File struct {
	Manifest  Manifest
	Object    *Object           // the shared object
	Signature []byte            // all signatures
	Digest    [sha256.Size]byte // what a signature signs
	SignedBy  string            // id of the trusted key that has signed it; empty if none is asked for
	path      string
}

// Path is where the file was read from, for messages.
func (f *File) Path() string { return f.path }

// Write writes an update file. m.ObjectSHA256 is set.
func Write(w io.Writer, m Manifest, data []byte) error {
	if len(data) > maxObject {
		return fmt.Errorf("update: object of %d bytes: larger than the format holds", len(data))
	}
	object := NewObject(data).stored
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

// Open reads an update file once into memory and verifies who has signed it, its
// lengths and its digest. What it returns is what was verified, whatever happens to
// the file. Nothing of a file is read but its header and its signatures, unless t
// trusts one of these; on an error the digest that the header states, if it came to
// that, is in the Error.
func Open(path string, t *Trust) (*File, error) {
	f, err := open(path, t)
	if err != nil {
		err.Path = path
		return nil, err
	}
	f.path = path
	return f, nil
}

func open(path string, t *Trust) (*File, *Error) {
	file, size, err := openRegular(path)
	if err != nil {
		return nil, &Error{Code: NotReadable, Why: cause(err), Err: err}
	}
	defer file.Close()
	start := make([]byte, min(size, headerSize))
	if _, err := io.ReadFull(file, start); err != nil {
		return nil, changed(err)
	}
	h, bad := parseHeader(start, size)
	if bad != nil {
		return nil, bad
	}
	field := make([]byte, h.signature)
	if _, err := file.ReadAt(field, size-int64(len(field))); err != nil {
		return nil, changed(err)
	}
	if _, bad := t.check(h.digest, field); bad != nil {
		return nil, bad.of(h)
	}
	data := make([]byte, size)
	copy(data, start)
	if _, err := io.ReadFull(file, data[headerSize:]); err != nil {
		return nil, changed(err).of(h)
	}
	return parse(data, t)
}

func changed(err error) *Error {
	return &Error{Code: NotReadable, Why: "it changes while it is read: " + err.Error(), Err: err}
}

// A stated header is one whose lengths fit the size of the file.
type stated struct {
	manifest, object, signature uint64
	digest                      [sha256.Size]byte
}

func parseHeader(head []byte, size int64) (h stated, _ *Error) {
	short := &Error{Code: Truncated, Why: fmt.Sprintf("the file ends after %d bytes, within its header", len(head))}
	if len(head) < len(magic) || string(head[:len(magic)]) != magic {
		if len(head) < headerSize && bytes.HasPrefix([]byte(magic), head[:min(len(head), len(magic))]) {
			return h, short
		}
		return h, &Error{Code: NotAnUpdate, Why: "the file does not begin with an update file's magic number"}
	}
	if len(head) < headerSize {
		return h, short
	}
	le := binary.LittleEndian
	if v := le.Uint32(head[8:]); v != version {
		return h, &Error{Code: OtherFormat, Why: fmt.Sprintf("the file has format %d, this process reads format %d", v, version)}
	}
	h = stated{uint64(le.Uint32(head[12:])), le.Uint64(head[16:]), uint64(le.Uint32(head[sigLengthAt:])), [sha256.Size]byte(head[digestAt:])}
	if h.manifest > maxManifest || h.object > maxObject || h.signature > maxSignature || le.Uint32(head[28:]) != 0 {
		return h, &Error{Code: Edited, Why: "the header's lengths are out of range"}
	}
	if is, want := uint64(size-headerSize), h.manifest+h.object+h.signature; is < want {
		return h, &Error{Code: Truncated, Why: fmt.Sprintf("%d bytes are missing at the end", want-is)}
	} else if is > want {
		return h, &Error{Code: Edited, Why: fmt.Sprintf("%d bytes follow the end", is-want)}
	}
	return h, nil
}

// Parse verifies the bytes of an update file. The result shares data.
func Parse(data []byte, t *Trust) (*File, error) {
	f, err := parse(data, t)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// parse reads the manifest, which has a grammar, when it is known whose it is.
func parse(data []byte, t *Trust) (*File, *Error) {
	head := data[:min(len(data), headerSize)]
	h, bad := parseHeader(head, int64(len(data)))
	if bad != nil {
		return nil, bad
	}
	rest := data[headerSize:]
	text, object, sig := rest[:h.manifest], rest[h.manifest:h.manifest+h.object], rest[h.manifest+h.object:]
	by, bad := t.check(h.digest, sig)
	if bad != nil {
		return nil, bad.of(h)
	}
	if digest(head, text, object) != h.digest {
		return nil, (&Error{Code: Edited, Why: "the content does not have the digest that the header states"}).of(h)
	}
	f := &File{Signature: sig, Digest: h.digest, SignedBy: by}
	if err := json.Unmarshal(text, &f.Manifest); err != nil {
		return nil, (&Error{Code: Edited, Why: "the manifest cannot be read: " + err.Error(), Err: err}).of(h)
	}
	var err error
	if f.Object, err = parseObject(object); err != nil {
		return nil, (&Error{Code: Edited, Why: err.Error(), Err: err}).of(h)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(object)); got != f.Manifest.ObjectSHA256 {
		return nil, (&Error{Code: Edited, Why: "the shared object is not the one the manifest was written for"}).of(h)
	}
	return f, nil
}
