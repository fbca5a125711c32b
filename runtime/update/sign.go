package update

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Signatures stand one after the other at the end of the file:
//
//	offset  size  content
//	0       2     algorithm, little endian (1: Ed25519)
//	2       2     length of what follows
//	4       8     the key's id
//	12      64    the signature
//
// What is signed is context followed by the file's digest. Who does not know an
// algorithm passes over it, so several keys, old and new ones, can sign one file.
const (
	context        = "upstarego update signature 1\n"
	algEd25519     = 1
	sigHead        = 4
	sigBody        = keyIDSize + ed25519.SignatureSize
	keyIDSize      = 8
	maxSignatures  = 16
	maxSignature   = 16 << 10 // all of them
	maxKeyFile     = 64 << 10
	pemPrivate     = "PRIVATE KEY"
	pemPublic      = "PUBLIC KEY"
	notEd25519     = "it is not an Ed25519 key"
	unsignedIsGood = "unsigned" // what UPSTARE_TRUST says instead of keys
)

type keyID [keyIDSize]byte

// KeyID is what a public key is called in signatures and messages: the beginning of
// its SHA-256.
func KeyID(pub ed25519.PublicKey) string {
	id := idOf(pub)
	return hex.EncodeToString(id[:])
}

func idOf(pub ed25519.PublicKey) (id keyID) {
	sum := sha256.Sum256(pub)
	copy(id[:], sum[:])
	return id
}

// A Trust says which update files a process takes. The nil Trust takes none.
type Trust struct {
	keys     map[keyID]ed25519.PublicKey
	unsigned bool
	broken   error // what it was to be made of cannot be read
}

// Unsigned takes files whether they are signed or not.
var Unsigned = &Trust{unsigned: true}

// TrustIn makes a trust of what UPSTARE_TRUST says: files with public keys and
// directories of *.pub, divided by colons, or the word unsigned. If it says nothing,
// the keys are those in builtin, PEM. A trust that cannot be made as it was meant
// takes nothing, and the error says why.
func TrustIn(setting, builtin string) (*Trust, error) {
	if setting == unsignedIsGood {
		return Unsigned, nil
	}
	t := &Trust{keys: map[keyID]ed25519.PublicKey{}}
	if err := t.fill(setting, builtin); err != nil {
		t = &Trust{broken: err}
		return t, err
	}
	return t, nil
}

func (t *Trust) fill(setting, builtin string) error {
	if setting == "" {
		if builtin == "" {
			return nil
		}
		return t.add([]byte(builtin), "the keys in the executable")
	}
	for _, name := range filepath.SplitList(setting) {
		if name == "" {
			return errors.New("UPSTARE_TRUST names a file without a name")
		}
		files := []string{name}
		fi, err := os.Stat(name)
		if err != nil {
			return err
		}
		if fi.IsDir() {
			entries, err := os.ReadDir(name)
			if err != nil {
				return err
			}
			files = nil
			for _, e := range entries {
				if filepath.Ext(e.Name()) == ".pub" {
					files = append(files, filepath.Join(name, e.Name()))
				}
			}
			if files == nil {
				return fmt.Errorf("%s holds no file *.pub", name)
			}
		}
		for _, file := range files {
			data, err := readRegular(file, maxKeyFile)
			if err != nil {
				return err
			}
			if err := t.add(data, file); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *Trust) add(data []byte, from string) error {
	keys, err := PublicKeys(data)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	for _, k := range keys {
		t.keys[idOf(k)] = k
	}
	return nil
}

// Keys are the ids of the keys that it trusts, in no order.
func (t *Trust) Keys() []string {
	var l []string
	if t != nil {
		for id := range t.keys {
			l = append(l, hex.EncodeToString(id[:]))
		}
	}
	return l
}

// Signed reports whether what it takes has to be signed.
func (t *Trust) Signed() bool { return t == nil || !t.unsigned }

// check says who of those that are trusted has signed a digest. It is asked before
// anything else of the file is looked at.
func (t *Trust) check(digest [sha256.Size]byte, field []byte) (by string, err *Error) {
	l, err := signatures(field)
	if err != nil {
		return "", err
	}
	switch {
	case t != nil && t.unsigned:
		return "", nil
	case t != nil && t.broken != nil:
		return "", &Error{Code: NoTrust, Why: "what the process was told to trust cannot be read: " + t.broken.Error(), Err: t.broken}
	case t == nil || len(t.keys) == 0:
		return "", &Error{Code: NoTrust, Why: "it was started without UPSTARE_TRUST, and has no keys built in"}
	case len(field) == 0:
		return "", &Error{Code: NotSigned, Why: "the file has no signature"}
	}
	var known, others []string
	for _, s := range l {
		key, ok := t.keys[s.id]
		if !ok || s.alg != algEd25519 {
			others = append(others, hex.EncodeToString(s.id[:]))
			continue
		}
		if ed25519.Verify(key, message(digest), s.sig) {
			return KeyID(key), nil
		}
		known = append(known, KeyID(key))
	}
	if known != nil {
		return "", &Error{Code: BadSignature, Why: "the signature of key " + known[0] + " is of something else"}
	}
	return "", &Error{Code: OtherKey, Why: fmt.Sprintf("it is signed by %v, and trusted are others", others)}
}

func message(digest [sha256.Size]byte) []byte { return append([]byte(context), digest[:]...) }

type signature struct {
	alg uint16
	id  keyID
	sig []byte
}

// signatures takes the signatures of a file apart.
func signatures(field []byte) (l []signature, _ *Error) {
	le := binary.LittleEndian
	for rest := field; len(rest) > 0; {
		if len(rest) < sigHead {
			return nil, &Error{Code: Edited, Why: "the signatures end within one"}
		}
		alg, n := le.Uint16(rest), int(le.Uint16(rest[2:]))
		rest = rest[sigHead:]
		if n > len(rest) || n < keyIDSize || alg == algEd25519 && n != sigBody || len(l) == maxSignatures {
			return nil, &Error{Code: Edited, Why: "the lengths of the signatures are out of range"}
		}
		l = append(l, signature{alg, keyID(rest[:keyIDSize]), rest[keyIDSize:n]})
		rest = rest[n:]
	}
	return l, nil
}

// Sign returns the update file data with a signature of key, which takes the place of
// one that the key has made before. The file is verified first: what is damaged is not
// signed.
func Sign(data []byte, key ed25519.PrivateKey) ([]byte, error) {
	f, err := Parse(data, Unsigned)
	if err != nil {
		return nil, err
	}
	l, bad := signatures(f.Signature)
	if bad != nil {
		return nil, bad
	}
	id := idOf(key.Public().(ed25519.PublicKey))
	var field []byte
	add := func(s signature) {
		field = binary.LittleEndian.AppendUint16(field, s.alg)
		field = binary.LittleEndian.AppendUint16(field, uint16(keyIDSize+len(s.sig)))
		field = append(append(field, s.id[:]...), s.sig...)
	}
	n := 0
	for _, s := range l {
		if s.alg != algEd25519 || s.id != id {
			add(s)
			n++
		}
	}
	if n == maxSignatures {
		return nil, fmt.Errorf("the file has %d signatures already", n)
	}
	add(signature{algEd25519, id, ed25519.Sign(key, message(f.Digest))})
	if len(field) > maxSignature {
		return nil, errors.New("there is no room for another signature")
	}
	out := bytes.Clone(data[:len(data)-len(f.Signature)])
	binary.LittleEndian.PutUint32(out[sigLengthAt:], uint32(len(field)))
	return append(out, field...), nil
}

// SignFile signs an update file in its place: whoever opens it meanwhile has it as it
// was or as it will be.
func SignFile(path string, key ed25519.PrivateKey) (err error) {
	data, err := readRegular(path, maxFile)
	if err != nil {
		return err
	}
	if data, err = Sign(data, key); err != nil {
		return err
	}
	fi, err := os.Stat(path)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".upstarego-sign-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Chmod(fi.Mode().Perm())
	}
	if err == nil {
		err = tmp.Sync()
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// NewKey makes a key and gives it as PEM: PKCS #8, and the public part as PKIX.
func NewKey() (private, public []byte, err error) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	p8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	pkix, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemPrivate, Bytes: p8}), pem.EncodeToMemory(&pem.Block{Type: pemPublic, Bytes: pkix}), nil
}

// PrivateKey reads a key that NewKey or `openssl genpkey -algorithm ed25519` has made.
func PrivateKey(data []byte) (ed25519.PrivateKey, error) {
	b, rest := pem.Decode(data)
	if b == nil || b.Type != pemPrivate || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("it is not one PEM block " + pemPrivate)
	}
	k, err := x509.ParsePKCS8PrivateKey(b.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := k.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New(notEd25519)
	}
	return key, nil
}

// PublicKeys reads public keys, one PEM block each, at least one. Text between the
// blocks is comment; a block that is something else is an error.
func PublicKeys(data []byte) (l []ed25519.PublicKey, err error) {
	begun := bytes.Count(data, []byte("-----BEGIN"))
	for {
		var b *pem.Block
		if b, data = pem.Decode(data); b == nil {
			break
		}
		if b.Type != pemPublic {
			return nil, fmt.Errorf("a PEM block %s stands where %s is expected", b.Type, pemPublic)
		}
		k, err := x509.ParsePKIXPublicKey(b.Bytes)
		if err != nil {
			return nil, err
		}
		key, ok := k.(ed25519.PublicKey)
		if !ok {
			return nil, errors.New(notEd25519)
		}
		l = append(l, key)
	}
	if begun != len(l) { // Decode passes over what it cannot read
		return nil, errors.New("a PEM block is damaged")
	}
	if l == nil {
		return nil, errors.New("it holds no PEM block " + pemPublic)
	}
	return l, nil
}
