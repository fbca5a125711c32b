package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/upstarego/upstarego/runtime/admin"
	"github.com/upstarego/upstarego/runtime/updater"
)

// certificates writes ca.pem, server.pem and client.pem with their keys.
func certificates(t *testing.T, dir string) {
	t.Helper()
	var ca *x509.Certificate
	var signer ed25519.PrivateKey
	for i, name := range []string{"ca", "server", "client"} {
		pub, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: ca == nil, BasicConstraintsValid: true,
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		}
		if ca == nil {
			ca, signer = c, key
		}
		der, err := x509.CreateCertificate(rand.Reader, c, ca, pub, signer)
		if err != nil {
			t.Fatal(err)
		}
		p8, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		for ext, b := range map[string]*pem.Block{".pem": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: p8}} {
			if err := os.WriteFile(filepath.Join(dir, name+ext), pem.EncodeToMemory(b), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestSecureClient: the command speaks TLS and brings the token, to a program that asks for
// both and listens beyond the loopback interface.
func TestSecureClient(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	certificates(t, dir)
	for name, text := range map[string]string{"token": "0123456789abcdef", "wrong": "0123456789abcdeF"} {
		if err := os.WriteFile(in(name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{
		"UPSTARE_ADMIN": "0.0.0.0:0", "UPSTARE_TLS_CERT": in("server.pem"), "UPSTARE_TLS_KEY": in("server.key"), "UPSTARE_TLS_CLIENT_CA": in("ca.pem"),
		"UPSTARE_ADMIN_TOKEN": in("token"), "UPSTARE_AUDIT": "off",
	}
	s, err := admin.Read(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	l, err := admin.Listen(s.Addr, s)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go admin.Serve(l, updater.New(byName{}), s)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	secure := []string{"-addr", "127.0.0.1:" + port, "-tls-cert", in("client.pem"), "-tls-key", in("client.key"), "-tls-ca", in("ca.pem")}
	other := append([]string(nil), secure...)
	other[7] = in("client.pem") // is no authority of the server's
	t.Setenv("UPSTARE_ADMIN_TOKEN", "")
	for _, c := range []struct {
		what  string
		env   string
		flags []string
		exit  int
		says  string
	}{
		{"all that is asked for", "", append(secure, "-token", in("token")), 0, "pid "},
		{"the token by the environment", in("token"), secure, 0, "pid "},
		{"no token", "", secure, 1, "UP2045"},
		{"another token", "", append(secure, "-token", in("wrong")), 1, "UP2045"},
		{"a server that is not known", in("token"), other, 4, "certificate signed by unknown authority"},
		{"no TLS", in("token"), secure[:2], 1, "400"},
	} {
		os.Setenv("UPSTARE_ADMIN_TOKEN", c.env)
		var out, errs bytes.Buffer
		if exit := run(append([]string{"status"}, c.flags...), &out, &errs); exit != c.exit || !strings.Contains(out.String()+errs.String(), c.says) {
			t.Errorf("%s: exit %d, want %d with %q\n%s%s", c.what, exit, c.exit, c.says, &out, &errs)
		}
	}
}
