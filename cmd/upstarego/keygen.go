package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/runtime/update"
)

var keygenCommand = &command{
	name: "keygen", args: "-o NAME", short: "make a key that signs updates",
	long: `Writes NAME.key, which signs (upstarego build -sign, upstarego sign), and NAME.pub,
which programs are told to trust (UPSTARE_TRUST, upstarego build -trust). They are
Ed25519 keys in PEM, as openssl reads and writes them. Nothing is overwritten.`,
	run: runKeygen,
}

func runKeygen(c *call) error {
	f := c.flags()
	name := f.String("o", "", "write `NAME`.key and NAME.pub")
	args, err := c.parse(f)
	if err != nil {
		return err
	}
	if len(args) > 0 || *name == "" {
		return c.misused("keygen takes -o NAME alone")
	}
	private, public, err := update.NewKey()
	if err != nil {
		return err
	}
	key, pub := *name+".key", *name+".pub"
	if err := create(key, private, 0o600); err != nil {
		return err
	}
	if err := create(pub, public, 0o644); err != nil {
		os.Remove(key) // made just now
		return err
	}
	keys, err := update.PublicKeys(public)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "key %s: %s signs, %s is for those who trust it\n", update.KeyID(keys[0]), key, pub)
	return nil
}

// create writes a file that is not there yet.
func create(name string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return diag.New(diag.BadKey, noPos, name+" is there already", "a key that is overwritten is lost", "choose another name")
	}
	if err != nil {
		return diag.New(diag.BadKey, noPos, "the key cannot be written", err.Error(), "name another place with -o")
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(name)
		return diag.New(diag.BadKey, noPos, "the key cannot be written", err.Error(), "name another place with -o")
	}
	return nil
}

// signingKey reads a private key.
func signingKey(name string) (ed25519.PrivateKey, error) {
	bad := func(why string) error {
		return diag.New(diag.BadKey, noPos, name+" is no key to sign with", why, "make one with upstarego keygen")
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, bad(err.Error())
	}
	if fi, err := os.Stat(name); err == nil && fi.Mode().Perm()&0o077 != 0 {
		return nil, diag.New(diag.BadKey, noPos, name+" can be read by others", fmt.Sprintf("its mode is %04o", fi.Mode().Perm()), "chmod 600 "+name+", and consider whether it is still a secret")
	}
	key, err := update.PrivateKey(data)
	if err != nil {
		return nil, bad(err.Error())
	}
	return key, nil
}

// trusted reads files with public keys into one.
func trusted(names []string) (string, error) {
	var all bytes.Buffer
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return "", diag.New(diag.BadKey, noPos, "a key to trust cannot be read", err.Error(), "")
		}
		if _, err := update.PublicKeys(data); err != nil {
			return "", diag.New(diag.BadKey, noPos, name+" is no key to trust", err.Error(), "name the file NAME.pub that upstarego keygen has written")
		}
		for b, rest := pem.Decode(data); b != nil; b, rest = pem.Decode(rest) {
			pem.Encode(&all, &pem.Block{Type: b.Type, Bytes: b.Bytes})
		}
	}
	return all.String(), nil
}
