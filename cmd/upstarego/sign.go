package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/runtime/update"
)

var signCommand = &command{
	name: "sign", args: "-key FILE.key FILE.update...", short: "sign updates that are built",
	long: `Adds the key's signature to each file, or replaces the one it has made before. Other
keys' signatures stay, so that a file can be for programs that trust an old key and for
those that trust a new one. The file is verified first, and replaced in one step.`,
	run: runSign,
}

func runSign(c *call) error {
	f := c.flags()
	name := f.String("key", "", "sign with the private key in `FILE`")
	args, err := c.parse(f)
	if err != nil {
		return err
	}
	if len(args) == 0 || *name == "" {
		return c.misused("sign takes a key and update files")
	}
	key, err := signingKey(*name)
	if err != nil {
		return err
	}
	for _, file := range args {
		if err := update.SignFile(file, key); err != nil {
			var e *update.Error
			if errors.As(err, &e) {
				return diag.New(string(e.Code), noPos, file+" is not signed", e.Message(), "")
			}
			return diag.New(diag.NothingToCreate, noPos, file+" is not signed", err.Error(), "")
		}
		fmt.Fprintf(c.stdout, "%s is signed by %s\n", file, update.KeyID(key.Public().(ed25519.PublicKey)))
	}
	return nil
}
