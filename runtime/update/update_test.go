package update

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func written(t *testing.T) (Manifest, []byte, []byte) {
	t.Helper()
	m := Manifest{
		Lineage: "A", Base: "B", Release: "3", Node: "C", GoVersion: "go1.26.8", GOOS: "linux", GOARCH: "amd64",
		Flags: []string{"-trimpath"}, Packages: map[string]string{"p": "1", "q": "2"}, Recompiled: []string{"q"},
		Shared: map[string]string{"q.V": "A"}, Ledger: []byte(`{"x":1}`),
	}
	object := bytes.Repeat([]byte("object "), 1000)
	var b bytes.Buffer
	if err := Write(&b, m, object); err != nil {
		t.Fatal(err)
	}
	return m, object, b.Bytes()
}

func TestWriteOpen(t *testing.T) {
	m, object, data := written(t)
	path := filepath.Join(t.TempDir(), "u")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path, Unsigned)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(whole(f.Object), object) || f.Path() != path || len(f.Signature) != 0 {
		t.Error("not what was written")
	}
	m.ObjectSHA256 = f.Manifest.ObjectSHA256
	if !reflect.DeepEqual(f.Manifest, m) {
		t.Errorf("manifest %+v", f.Manifest)
	}
	_, _, again := written(t)
	if !bytes.Equal(again, data) {
		t.Error("two writes of one update differ")
	}
}

// No single byte can change, and no tail can go, without being noticed.
func TestEveryByteCounts(t *testing.T) {
	_, _, data := written(t)
	for i := range data {
		b := bytes.Clone(data)
		b[i] ^= 0x10
		var e *Error
		if _, err := Parse(b, Unsigned); !errors.As(err, &e) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	for n := range data {
		var e *Error
		if _, err := Parse(data[:n], Unsigned); !errors.As(err, &e) || e.Code != Truncated {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}

func TestEveryCodeSpeaks(t *testing.T) {
	for _, c := range []Code{NotReadable, NotAnUpdate, Truncated, Edited, OtherFormat, OtherArch, OtherGo, OtherFlags, OtherLineage, WrongBase, OtherSource, NotLoadable, WrongBinding, WrongState, NoTrust, NotSigned, OtherKey, BadSignature} {
		s := (&Error{Code: c, Path: "x.update", Why: "because"}).Error()
		if summary[c] == "" || remedy[c] == "" || !strings.HasPrefix(s, "x.update: "+string(c)+": ") {
			t.Errorf("%s: %q", c, s)
		}
	}
}
