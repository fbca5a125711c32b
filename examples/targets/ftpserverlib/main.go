// Ftpd serves one file system in memory to everybody who logs in, on ftpserverlib.
package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"log"

	ftpserver "github.com/fclairamb/ftpserverlib"
	"github.com/spf13/afero"
)

type driver struct {
	settings ftpserver.Settings
	fs       afero.Fs
}

func (d *driver) GetSettings() (*ftpserver.Settings, error) { return &d.settings, nil }

func (d *driver) ClientConnected(ftpserver.ClientContext) (string, error) { return "welcome", nil }

func (d *driver) ClientDisconnected(ftpserver.ClientContext) {}

func (d *driver) AuthUser(_ ftpserver.ClientContext, user, password string) (ftpserver.ClientDriver, error) {
	return d.fs, nil
}

func (d *driver) GetTLSConfig() (*tls.Config, error) { return nil, errors.New("no TLS") }

func main() {
	addr := flag.String("addr", "127.0.0.1:2121", "`address` to listen on")
	flag.Parse()
	server := ftpserver.NewFtpServer(&driver{
		settings: ftpserver.Settings{ListenAddr: *addr},
		fs:       afero.NewMemMapFs(),
	})
	if err := server.ListenAndServe(); err != nil {
		log.Fatal(err)
	}
}
