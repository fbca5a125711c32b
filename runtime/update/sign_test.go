package update

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// deterministic keys
func key(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func trust(keys ...ed25519.PrivateKey) *Trust {
	t := &Trust{keys: map[keyID]ed25519.PublicKey{}}
	for _, k := range keys {
		t.keys[idOf(public(k))] = public(k)
	}
	return t
}

func signed(t testing.TB, data []byte, keys ...ed25519.PrivateKey) []byte {
	t.Helper()
	for _, k := range keys {
		var err error
		if data, err = Sign(data, k); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

func wantCode(t testing.TB, what string, err error, code Code) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func TestSignatures(t *testing.T) {
	_, object, data := written(t)
	a, b, c := key(1), key(2), key(3)
	both := signed(t, data, a, b)
	for _, s := range []struct {
		what   string
		data   []byte
		trust  *Trust
		code   Code
		signer ed25519.PrivateKey
	}{
		{"trusted", signed(t, data, a), trust(a), "", a},
		{"one of two keys", signed(t, data, b), trust(a, b), "", b},
		{"one of two signatures", both, trust(b), "", b},
		{"the other one", both, trust(a), "", a},
		{"signed again", signed(t, both, b, a), trust(b), "", b},
		{"unsigned, and asked for nothing", data, Unsigned, "", nil},
		{"signed, and asked for nothing", both, Unsigned, "", nil},
		{"nothing was said", both, trust(), NoTrust, nil},
		{"no trust", both, nil, NoTrust, nil},
		{"trust that is broken", both, &Trust{broken: errors.New("oh")}, NoTrust, nil},
		{"not signed", data, trust(a), NotSigned, nil},
		{"signed by others", both, trust(c), OtherKey, nil},
	} {
		f, err := Parse(s.data, s.trust)
		if s.code != "" {
			wantCode(t, s.what, err, s.code)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", s.what, err)
			continue
		}
		want := ""
		if s.signer != nil {
			want = KeyID(public(s.signer))
		}
		if f.SignedBy != want || !bytes.Equal(whole(f.Object), object) {
			t.Errorf("%s: signed by %q, want %q", s.what, f.SignedBy, want)
		}
	}
	if again := signed(t, both, b); len(again) != len(both) {
		t.Errorf("signed by the same key again it has %d bytes, and had %d", len(again), len(both))
	}
	if !bytes.Equal(signed(t, data, a), signed(t, data, a)) {
		t.Error("two signatures of one file by one key differ")
	}
}

// What is signed is this file: no part of a signature or of the file can be another's.
func TestSignatureIsOfThisFile(t *testing.T) {
	_, object, data := written(t)
	a, b := key(1), key(2)
	good := signed(t, data, a)
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		var e *Error
		if _, err := Parse(bad, trust(a)); !errors.As(err, &e) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	for n := range good {
		if _, err := Parse(good[:n], trust(a)); err == nil {
			t.Fatalf("cut at %d", n)
		}
	}
	var other bytes.Buffer
	if err := Write(&other, Manifest{Release: "4"}, object); err != nil {
		t.Fatal(err)
	}
	graft := func(field []byte) []byte {
		d := append(bytes.Clone(data), field...)
		binary.LittleEndian.PutUint32(d[sigLengthAt:], uint32(len(field)))
		return d
	}
	entry := func(d []byte) []byte { return d[len(d)-sigHead-sigBody:] }
	_, err := Parse(graft(entry(signed(t, other.Bytes(), a))), trust(a))
	wantCode(t, "the signature of another file", err, BadSignature)

	_, err = Parse(graft(bytes.Replace(entry(signed(t, data, b)), idBytes(b), idBytes(a), 1)), trust(a))
	wantCode(t, "another key's signature under a trusted name", err, BadSignature)

	// The digest alone, without what it is signed for.
	f, err := Parse(data, Unsigned)
	if err != nil {
		t.Fatal(err)
	}
	bare := append(bytes.Clone(entry(good)[:sigHead+keyIDSize]), ed25519.Sign(a, f.Digest[:])...)
	_, err = Parse(graft(bare), trust(a))
	wantCode(t, "a signature of the bare digest", err, BadSignature)

	// An algorithm of later releases is passed over, whatever the rest says.
	later := []byte{9, 0, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0}
	if _, err := Parse(graft(append(later, entry(good)...)), trust(a)); err != nil {
		t.Errorf("beside a signature of an unknown algorithm: %v", err)
	}
	_, err = Parse(graft(later), trust(a))
	wantCode(t, "an unknown algorithm alone", err, OtherKey)

	many := bytes.Repeat(entry(signed(t, data, b)), maxSignatures+1)
	for what, field := range map[string][]byte{
		"within a head":      {1, 0, 72},
		"length beyond":      {1, 0, 255, 255, 1},
		"length of another":  {1, 0, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
		"shorter than an id": {9, 0, 2, 0, 1, 2},
		"too many":           many,
	} {
		for _, tr := range []*Trust{trust(a), Unsigned, nil} {
			_, err := Parse(graft(field), tr)
			wantCode(t, what, err, Edited)
		}
	}
}

func idBytes(k ed25519.PrivateKey) []byte { id := idOf(public(k)); return id[:] }

// A file that nobody trusted has signed is not looked into: neither its manifest, which
// has a grammar, nor its body.
func TestUntrustedIsNotLookedInto(t *testing.T) {
	manifest := bytes.Repeat([]byte(`{"a":`), 1000)
	head := header(len(manifest), 0, 0)
	sum := digest(head, manifest, nil)
	copy(head[digestAt:], sum[:])
	data := append(head, manifest...)
	_, err := Parse(data, Unsigned)
	wantCode(t, "no JSON, unsigned", err, Edited)
	_, err = Parse(data, trust(key(1)))
	wantCode(t, "no JSON, not signed", err, NotSigned)

	name := filepath.Join(t.TempDir(), "u")
	h := header(1000, maxObject, 0)
	if err := os.WriteFile(name, h, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, headerSize+1000+maxObject); err != nil {
		t.Fatal(err)
	}
	few(t, "a gigabyte that is not signed", func() {
		_, err := Open(name, trust(key(1)))
		wantCode(t, "a gigabyte that is not signed", err, NotSigned)
	})
}

// few fails if f allocates much.
func few(t *testing.T, what string, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%s: %d bytes allocated", what, n)
	}
}

// What is no file, or says more than it has, neither holds the reader up nor takes memory.
func TestOddFiles(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(syscall.Mkfifo(in("pipe"), 0o600))
	must(os.Symlink(in("pipe"), in("link")))
	must(os.Symlink(in("loop"), in("loop")))
	must(os.WriteFile(in("sparse"), header(10, 10, 0), 0o600))
	must(os.Truncate(in("sparse"), 1<<40))
	must(os.WriteFile(in("boast"), header(maxManifest, maxObject, maxSignature), 0o600))
	must(os.WriteFile(in("large"), header(maxManifest, maxObject+1, 0), 0o600))
	must(os.WriteFile(in("empty"), nil, 0o600))
	for name, code := range map[string]Code{
		in("pipe"): NotReadable, in("link"): NotReadable, in("loop"): NotReadable, in("missing"): NotReadable, dir: NotReadable,
		"/dev/zero": NotReadable, "/dev/null": NotReadable, "/dev/tty": NotReadable, "/dev/stdin": NotReadable,
		"/proc/self/mem": Truncated, in("empty"): Truncated, in("boast"): Truncated,
		in("sparse"): Edited, in("large"): Edited,
	} {
		if name == "/dev/stdin" {
			if fi, err := os.Stat(name); err != nil || fi.Mode().IsRegular() {
				continue
			}
		}
		done := make(chan error, 1)
		few(t, name, func() {
			go func() {
				_, err := Open(name, Unsigned)
				done <- err
			}()
			select {
			case err := <-done:
				wantCode(t, name, err, code)
			case <-time.After(30 * time.Second):
				t.Errorf("%s is waited for", name)
			}
		})
	}
}

func TestTrustIn(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	pems := make([]string, 4)
	ids := make([]string, 4)
	for i := range pems {
		_, pub, err := NewKey()
		if err != nil {
			t.Fatal(err)
		}
		keys, err := PublicKeys(pub)
		if err != nil {
			t.Fatal(err)
		}
		pems[i], ids[i] = string(pub), KeyID(keys[0])
	}
	private, _, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	os.Mkdir(in("d"), 0o700)
	os.Mkdir(in("none"), 0o700)
	os.Mkdir(in("odd"), 0o700)
	for name, text := range map[string]string{
		"a.pub": pems[0], "two.pem": "# old\n" + pems[1] + "# new\n" + pems[2], "d/c.pub": pems[2], "d/d.pub": pems[3], "d/readme": "no key",
		"none/readme": "", "odd/a.pub": pems[0], "odd/b.pub": "no key", "empty": "", "private": string(private),
		"damaged": strings.Replace(pems[0], "MCo", "M!o", 1) + pems[1], "large": strings.Repeat("#", maxKeyFile+1),
	} {
		if err := os.WriteFile(in(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		setting, builtin string
		keys             []string // nil: an error
	}{
		{in("a.pub"), "", ids[:1]},
		{in("a.pub") + ":" + in("two.pem"), "", ids[:3]},
		{in("d"), "", ids[2:4]},
		{in("d") + ":" + in("a.pub"), "", []string{ids[0], ids[2], ids[3]}},
		{"", pems[3], ids[3:]},
		{in("a.pub"), pems[3], ids[:1]},
		{"", "", []string{}},
		{"", "no key", nil},
		{in("missing"), pems[3], nil},
		{in("a.pub") + ":" + in("missing"), "", nil},
		{in("a.pub") + ":", "", nil},
		{in("a.pub") + ":unsigned", "", nil},
		{"Unsigned", "", nil},
		{in("none"), "", nil},
		{in("odd"), "", nil},
		{in("empty"), "", nil},
		{in("private"), "", nil},
		{in("damaged"), "", nil},
		{in("large"), "", nil},
		{"/dev/zero", "", nil},
	} {
		tr, err := TrustIn(c.setting, c.builtin)
		if (c.keys == nil) != (err != nil) {
			t.Errorf("%s: %v", c.setting, err)
			continue
		}
		got := map[string]bool{}
		for _, id := range tr.Keys() {
			got[id] = true
		}
		if len(got) != len(c.keys) {
			t.Errorf("%s: %v, want %v", c.setting, tr.Keys(), c.keys)
		}
		for _, id := range c.keys {
			if !got[id] {
				t.Errorf("%s: %v, want %v", c.setting, tr.Keys(), c.keys)
			}
		}
		if !tr.Signed() {
			t.Errorf("%s: takes what is not signed", c.setting)
		}
		// What cannot be read never leads to less being asked for.
		_, _, data := written(t)
		if _, perr := Parse(data, tr); perr == nil {
			t.Errorf("%s: an unsigned file is taken", c.setting)
		} else if err != nil {
			wantCode(t, c.setting, perr, NoTrust)
		}
	}
	if tr, err := TrustIn("unsigned", pems[0]); err != nil || tr.Signed() {
		t.Errorf("unsigned: %v %v", tr, err)
	}
}

func TestSignFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "u")
	_, _, data := written(t)
	if err := os.WriteFile(name, data, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := SignFile(name, key(1)); err != nil {
		t.Fatal(err)
	}
	if f, err := Open(name, trust(key(1))); err != nil || f.SignedBy != KeyID(public(key(1))) {
		t.Errorf("%v", err)
	}
	if fi, err := os.Stat(name); err != nil || fi.Mode().Perm() != 0o640 {
		t.Errorf("%v %v", fi.Mode(), err)
	}
	bad := bytes.Clone(data)
	bad[len(bad)-1]++
	if err := os.WriteFile(name, bad, 0o600); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "a damaged file", SignFile(name, key(1)), Edited)
	if now, _ := os.ReadFile(name); !bytes.Equal(now, bad) {
		t.Error("a file that was not signed was changed")
	}
	if l, _ := os.ReadDir(dir); len(l) != 1 {
		t.Errorf("left over: %v", l)
	}
}

// Keys are what openssl makes and reads, and so are signatures.
func TestKeysAreOpenSSLs(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(openssl, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	read := func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	run("genpkey", "-algorithm", "ed25519", "-out", "theirs.key")
	run("pkey", "-in", "theirs.key", "-pubout", "-out", "theirs.pub")
	k, err := PrivateKey(read("theirs.key"))
	if err != nil {
		t.Fatal(err)
	}
	pubs, err := PublicKeys(read("theirs.pub"))
	if err != nil || !bytes.Equal(pubs[0], public(k)) {
		t.Fatalf("%v", err)
	}
	private, pub, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	_, _, data := written(t)
	mine, err := PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	data = signed(t, data, mine)
	f, err := Parse(data, Unsigned)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"ours.key": private, "ours.pub": pub, "message": message(f.Digest), "signature": data[len(data)-ed25519.SignatureSize:]} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run("pkey", "-in", "ours.key", "-noout")
	run("pkeyutl", "-verify", "-pubin", "-inkey", "ours.pub", "-rawin", "-in", "message", "-sigfile", "signature")
	run("genrsa", "-out", "rsa.key", "2048")
	run("rsa", "-in", "rsa.key", "-pubout", "-out", "rsa.pub")
	if _, err := PrivateKey(read("rsa.key")); err == nil {
		t.Error("an RSA key signs")
	}
	if _, err := PublicKeys(read("rsa.pub")); err == nil {
		t.Error("an RSA key is trusted")
	}
}

// What is read is what was verified, however fast the file is exchanged: it is one of
// the files that were there, whole, or it is refused.
func TestExchangedWhileItIsRead(t *testing.T) {
	dir := t.TempDir()
	a := key(1)
	var good [2][]byte
	for i := range good {
		var b bytes.Buffer
		if err := Write(&b, Manifest{Release: fmt.Sprint(i)}, bytes.Repeat([]byte{byte(i)}, 1<<20+i*1000)); err != nil {
			t.Fatal(err)
		}
		good[i] = signed(t, b.Bytes(), a)
	}
	bad := bytes.Clone(good[0])
	copy(bad[headerSize+100:], "another program")
	name := filepath.Join(dir, "u")
	write := func(data []byte) { // in place: neither one step nor one length
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			t.Error(err)
			return
		}
		f.Write(data[:len(data)/2])
		f.Truncate(int64(len(data)))
		f.WriteAt(data, 0)
		f.Close()
	}
	write(good[0])
	stop, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		r := rand.New(rand.NewPCG(1, 2))
		for {
			select {
			case <-stop:
				return
			default:
			}
			data := [][]byte{good[0], good[1], bad}[r.IntN(3)]
			if r.IntN(2) == 0 {
				write(data)
				continue
			}
			os.WriteFile(name+".next", data, 0o600)
			os.Rename(name+".next", name)
		}
	}()
	taken, refused := 0, 0
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end) || taken < 3 || refused < 3; {
		if time.Since(end) > time.Minute {
			t.Fatalf("%d taken, %d refused in more than a minute", taken, refused)
		}
		f, err := Open(name, trust(a))
		if err != nil {
			if e := (*Error)(nil); !errors.As(err, &e) {
				t.Fatal(err)
			}
			refused++
			continue
		}
		taken++
		i := 0
		if f.Manifest.Release == "1" {
			i = 1
		}
		if want, err := Parse(good[i], trust(a)); err != nil || !bytes.Equal(whole(want.Object), whole(f.Object)) || f.Manifest.Release != fmt.Sprint(i) {
			t.Fatalf("what was taken is none of the files")
		}
	}
	close(stop)
	<-done
	t.Logf("%d taken, %d refused", taken, refused)
}

// FuzzParse: no file makes the reader panic, none is refused without a code, and none is
// taken that the trusted key has not signed.
func FuzzParse(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, Manifest{Release: "1", Packages: map[string]string{"p": "1"}}, []byte("object")); err != nil {
		f.Fatal(err)
	}
	plain := b.Bytes()
	a := key(1)
	good := signed(f, plain, a)
	for _, seed := range [][]byte{nil, plain, good, signed(f, plain, key(2)), signed(f, good, key(2)), good[:70]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, tr := range []*Trust{trust(a), Unsigned, nil} {
			file, err := Parse(data, tr)
			if err == nil {
				if tr == nil || tr.Signed() && (!bytes.Equal(whole(file.Object), []byte("object")) || file.Manifest.Release != "1") {
					t.Fatal("taken")
				}
				continue
			}
			var e *Error
			if !errors.As(err, &e) || summary[e.Code] == "" {
				t.Fatalf("%v", err)
			}
		}
	})
}
