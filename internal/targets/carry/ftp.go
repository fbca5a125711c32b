package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ftp is a server of files in memory that lets everybody in.
type ftp struct{}

func (ftp) args(addr, dir string) []string { return []string{"-addr", addr} }

func (ftp) clients() []client {
	return []client{&ftpFiles{n: 0, size: 100}, &ftpFiles{n: 1, size: 100_000}, &ftpUpload{n: 0}, &ftpUpload{n: 1}, &ftpDownload{}, &ftpIdle{}}
}

func (ftp) tools(addr string) []tool {
	return []tool{
		{name: "curl", debian: "curl", args: []string{"-sS", "--max-time", "60", "-T", "-", "ftp://" + addr + "/by-curl", "--next", "-sS", "--max-time", "60", "ftp://" + addr + "/by-curl"}, stdin: pageText, right: says(pageText)},
		{name: "lftp", debian: "lftp", args: []string{"-e", "set net:max-retries 1; set net:timeout 60; mkdir -p by-lftp; put -O by-lftp /proc/self/comm; cat by-lftp/comm; bye", "-u", "a,b", "ftp://" + addr}, right: says("lftp\n")},
	}
}

// An ftpSession is a control connection.
type ftpSession struct {
	c net.Conn
	r *bufio.Reader
}

func ftpLogin(addr string) (*ftpSession, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &ftpSession{c, bufio.NewReader(c)}
	if _, err = s.reply(); err == nil {
		if err = s.want("331", "USER a"); err == nil {
			if err = s.want("230", "PASS b"); err == nil {
				err = s.want("200", "TYPE I")
			}
		}
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return s, nil
}

func (s *ftpSession) close() {
	if s != nil {
		s.c.Close()
	}
}

func (s *ftpSession) send(command string) error {
	_, err := io.WriteString(s.c, command+"\r\n")
	return err
}

// reply is a reply with all of its lines.
func (s *ftpSession) reply() (string, error) {
	if err := s.c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	var all []string
	for {
		line, err := s.r.ReadString('\n')
		if err != nil {
			return strings.Join(all, "|"), err
		}
		line = strings.TrimRight(line, "\r\n")
		all = append(all, line)
		// The last line has the code of the first, and a space behind it.
		if len(line) >= 4 && line[3] == ' ' && line[:3] == all[0][:min(3, len(all[0]))] {
			return strings.Join(all, "|"), nil
		}
	}
}

func (s *ftpSession) ask(command string) (string, error) {
	if err := s.send(command); err != nil {
		return "", err
	}
	return s.reply()
}

// want asks, and compares the beginning of the answer.
func (s *ftpSession) want(answer, command string) error {
	got, err := s.ask(command)
	if err == nil && !strings.HasPrefix(got, answer) {
		err = wrongf("%s: %q instead of %s", command, got, answer)
	}
	return err
}

// await compares the beginning of the next answer.
func (s *ftpSession) await(answer, to string) error {
	got, err := s.reply()
	if err == nil && !strings.HasPrefix(got, answer) {
		err = wrongf("%s: %q instead of %s", to, got, answer)
	}
	return err
}

var passive = regexp.MustCompile(`\|\|\|([0-9]+)\|`)

// passive asks for a place to connect to, and connects.
func (s *ftpSession) passive() (net.Conn, error) {
	addr, err := s.passiveAddr()
	if err != nil {
		return nil, err
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return c, c.SetDeadline(time.Now().Add(10 * patience))
}

func (s *ftpSession) passiveAddr() (string, error) {
	got, err := s.ask("EPSV")
	if err != nil {
		return "", err
	}
	m := passive.FindStringSubmatch(got)
	if m == nil {
		return "", wrongf("EPSV: %q", got)
	}
	host, _, _ := net.SplitHostPort(s.c.RemoteAddr().String())
	return net.JoinHostPort(host, m[1]), nil
}

// store sends a file by one command, STOR or APPE with a name.
func (s *ftpSession) store(command string, b []byte) error {
	data, err := s.passive()
	if err != nil {
		return err
	}
	defer data.Close()
	if err := s.want("150", command); err != nil {
		return err
	}
	if _, err := data.Write(b); err != nil {
		return err
	}
	data.Close()
	return s.await("226", command)
}

// get gets what a command sends: RETR or NLST with a name.
func (s *ftpSession) get(command string) ([]byte, error) {
	data, err := s.passive()
	if err != nil {
		return nil, err
	}
	defer data.Close()
	if err := s.want("150", command); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(data)
	if err != nil {
		return nil, err
	}
	return b, s.await("226", command)
}

// ftpFiles writes, reads, renames and removes files of its own.
type ftpFiles struct {
	n    int
	size int
	s    *ftpSession
	rnd  *rand.Rand
	has  map[string][]byte
	gens int
}

func (f *ftpFiles) open(addr string, rnd *rand.Rand) (err error) {
	f.rnd, f.has = rnd, make(map[string][]byte)
	f.gens++
	if f.s, err = ftpLogin(addr); err != nil {
		return err
	}
	// A directory that a session before has not used.
	dir := fmt.Sprintf("/files-%d-%d", f.n, f.gens)
	if err := f.s.want("257", "MKD "+dir); err != nil {
		return err
	}
	return f.s.want("250", "CWD "+dir)
}

func (f *ftpFiles) close() { f.s.close() }

func (f *ftpFiles) step() (int, error) {
	name := fmt.Sprint("file", f.rnd.IntN(10))
	old, ok := f.has[name]
	if !ok {
		b := randomBytes(f.rnd, 1+f.rnd.IntN(f.size))
		f.has[name] = b
		return 1, f.s.store("STOR "+name, b)
	}
	switch f.rnd.IntN(5) {
	case 0:
		delete(f.has, name)
		return 1, f.s.want("250", "DELE "+name)
	case 1:
		if err := f.s.want("350", "RNFR "+name); err != nil {
			return 0, err
		}
		delete(f.has, name)
		f.has[name+"x"] = old
		if err := f.s.want("250", "RNTO "+name+"x"); err != nil {
			return 0, err
		}
		delete(f.has, name+"x")
		return 2, f.s.want("250", "DELE "+name+"x")
	case 2:
		got, err := f.s.get("NLST")
		if err != nil {
			return 0, err
		}
		names := strings.Fields(string(got))
		var want []string
		for name := range f.has {
			want = append(want, name)
		}
		slices.Sort(names)
		slices.Sort(want)
		if !slices.Equal(names, want) {
			return 0, wrongf("the list has %q instead of %q", names, want)
		}
		return 1, nil
	case 3:
		return 1, f.s.want("213 "+strconv.Itoa(len(old)), "SIZE "+name)
	}
	got, err := f.s.get("RETR " + name)
	if err != nil {
		return 0, err
	}
	if !bytes.Equal(got, old) {
		return 0, wrongf("of a file of %d bytes others came, %d", len(old), len(got))
	}
	return 1, nil
}

// ftpUpload sends a file over many steps, so that an update finds it under way.
type ftpUpload struct {
	n    int
	s    *ftpSession
	rnd  *rand.Rand
	data net.Conn
	sent []byte
	left int // pieces
}

func (u *ftpUpload) open(addr string, rnd *rand.Rand) (err error) {
	u.rnd, u.data, u.left = rnd, nil, 0
	u.s, err = ftpLogin(addr)
	return err
}

func (u *ftpUpload) close() {
	u.s.close()
	closeConn(u.data)
}

func (u *ftpUpload) step() (n int, err error) {
	name := fmt.Sprint("/upload", u.n)
	if u.data == nil {
		if u.data, err = u.s.passive(); err != nil {
			return 0, err
		}
		u.sent, u.left = nil, 20+u.rnd.IntN(400)
		return 1, u.s.want("150", "STOR "+name)
	}
	piece := randomBytes(u.rnd, 1+u.rnd.IntN(3000))
	if _, err := u.data.Write(piece); err != nil {
		return 0, err
	}
	u.sent = append(u.sent, piece...)
	if u.left--; u.left > 0 {
		return 1, nil
	}
	u.data.Close()
	u.data = nil
	if err := u.s.await("226", "STOR"); err != nil {
		return 1, err
	}
	got, err := u.s.get("RETR " + name)
	if err != nil {
		return 1, err
	}
	if !bytes.Equal(got, u.sent) {
		return 1, wrongf("of %d bytes that were uploaded slowly others are there, %d", len(u.sent), len(got))
	}
	return 2, nil
}

// ftpDownload reads a file over many steps.
type ftpDownload struct {
	s    *ftpSession
	rnd  *rand.Rand
	has  []byte
	data net.Conn
	got  []byte
}

// slowly is more than sockets buffer.
const slowly = 12 << 20

func (d *ftpDownload) open(addr string, rnd *rand.Rand) (err error) {
	d.rnd, d.data = rnd, nil
	if d.s, err = ftpLogin(addr); err != nil {
		return err
	}
	d.has = randomBytes(rnd, slowly)
	return d.s.store("STOR /download", d.has)
}

func (d *ftpDownload) close() {
	d.s.close()
	closeConn(d.data)
}

func (d *ftpDownload) step() (n int, err error) {
	if d.data == nil {
		if d.data, err = d.s.passive(); err != nil {
			return 0, err
		}
		d.got = d.got[:0]
		return 1, d.s.want("150", "RETR /download")
	}
	b := make([]byte, 20_000)
	m, err := d.data.Read(b)
	d.got = append(d.got, b[:m]...)
	if err == nil {
		return 1, nil
	}
	if err != io.EOF {
		return 0, err
	}
	d.data.Close()
	d.data = nil
	if !bytes.Equal(d.got, d.has) {
		return 0, wrongf("of %d bytes that were downloaded slowly others came, %d", len(d.has), len(d.got))
	}
	return 1, d.s.await("226", "RETR")
}

// ftpIdle is a session that does little.
type ftpIdle struct{ s *ftpSession }

func (i *ftpIdle) open(addr string, rnd *rand.Rand) (err error) {
	i.s, err = ftpLogin(addr)
	return err
}

func (i *ftpIdle) close() { i.s.close() }

func (i *ftpIdle) rest() time.Duration { return 300 * time.Millisecond }

func (i *ftpIdle) step() (int, error) {
	return 1, i.s.want("257", "PWD")
}

func (ftp) trial(addr string, rnd *rand.Rand, t *transcript) trial {
	return &ftpTrial{addr: addr, name: fmt.Sprintf("trial-%x", rnd.Uint64()), rnd: rnd, t: t}
}

// ftpTrial leaves files, and sessions: in a directory, behind RNFR, behind REST, with a place to
// connect to that nobody has connected to, in an upload, in a download, and in a command that has
// been sent in half.
type ftpTrial struct {
	addr, name string
	rnd        *rand.Rand
	t          *transcript

	renames, restarts, waits, uploads, downloads, half, fresh *ftpSession
	up, down                                                  net.Conn
	place                                                     string
	small, large, sent                                        []byte
}

func (f *ftpTrial) before() (err error) {
	for _, s := range []**ftpSession{&f.renames, &f.restarts, &f.waits, &f.uploads, &f.downloads, &f.half} {
		if *s, err = ftpLogin(f.addr); err != nil {
			return err
		}
	}
	f.small, f.large = randomBytes(f.rnd, 5000), randomBytes(f.rnd, slowly)
	if err := f.renames.want("257", "MKD "+f.name); err != nil {
		return err
	}
	for _, s := range []*ftpSession{f.renames, f.restarts, f.waits, f.uploads, f.downloads, f.half} {
		if err := s.want("250", "CWD /"+f.name); err != nil {
			return err
		}
	}
	for _, file := range []struct {
		name string
		b    []byte
	}{{"small", f.small}, {"large", f.large}, {"old", f.small[:10]}} {
		if err := f.restarts.store("STOR "+file.name, file.b); err != nil {
			return err
		}
	}
	if err := f.renames.want("350", "RNFR old"); err != nil {
		return err
	}
	if err := f.restarts.want("350", "REST 1000"); err != nil {
		return err
	}
	if f.place, err = f.waits.passiveAddr(); err != nil {
		return err
	}
	if f.up, err = f.uploads.passive(); err != nil {
		return err
	}
	if err := f.uploads.want("150", "STOR upload"); err != nil {
		return err
	}
	f.sent = randomBytes(f.rnd, 100_000)
	if _, err := f.up.Write(f.sent[:50_000]); err != nil {
		return err
	}
	if f.down, err = f.downloads.passive(); err != nil {
		return err
	}
	if err := f.downloads.want("150", "RETR large"); err != nil {
		return err
	}
	_, err = io.WriteString(f.half.c, "NOOP\r\nSIZ")
	return err
}

// says puts the answer to a command into the transcript.
func (f *ftpTrial) says(s *ftpSession, command string) error {
	got, err := s.ask(command)
	f.t.add("%s: %s", f.hide(command), f.hide(got))
	return err
}

func (f *ftpTrial) hears(s *ftpSession, to string) error {
	got, err := s.reply()
	f.t.add("%s: %s", to, f.hide(got))
	return err
}

func (f *ftpTrial) hide(s string) string { return passive.ReplaceAllString(s, "(port)") }

func (f *ftpTrial) after() error {
	for _, step := range []func() error{f.resumed, f.commands, f.transfers} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// resumed takes up what was in its middle.
func (f *ftpTrial) resumed() error {
	if _, err := f.up.Write(f.sent[50_000:]); err != nil {
		return err
	}
	f.up.Close()
	if err := f.hears(f.uploads, "the upload"); err != nil {
		return err
	}
	got, err := f.uploads.get("RETR upload")
	f.t.add("what was uploaded: %t, %v", bytes.Equal(got, f.sent), err)
	got, err = io.ReadAll(f.down)
	f.t.add("what was downloaded: %t, %v", bytes.Equal(got, f.large), err)
	if err := f.hears(f.downloads, "the download"); err != nil {
		return err
	}
	if err := f.says(f.renames, "RNTO new"); err != nil {
		return err
	}
	got, err = f.restarts.get("RETR small")
	f.t.add("behind REST: %t, %v", bytes.Equal(got, f.small[1000:]), err)
	data, err := net.Dial("tcp", f.place)
	if err != nil {
		return err
	}
	defer data.Close()
	data.SetDeadline(time.Now().Add(patience))
	if err := f.says(f.waits, "NLST"); err != nil {
		return err
	}
	names, err := io.ReadAll(data)
	l := strings.Fields(string(names))
	slices.Sort(l)
	f.t.add("at the place that was offered: %q, %v", l, err)
	if err := f.hears(f.waits, "NLST"); err != nil {
		return err
	}
	if _, err := io.WriteString(f.half.c, "E small\r\n"); err != nil {
		return err
	}
	for range 2 {
		if err := f.hears(f.half, "what was sent in half"); err != nil {
			return err
		}
	}
	return nil
}

// commands asks for all that is not a transfer.
func (f *ftpTrial) commands() error {
	for _, command := range []string{
		"PWD", "SIZE new", "SIZE old", "SIZE small", "MKD deeper", "CWD deeper", "PWD", "CDUP", "PWD", "XPWD",
		"DELE new", "DELE new", "RMD deeper", "RMD deeper", "NOOP", "SYST", "FEAT", "TYPE A", "TYPE X", "TYPE I",
		"STAT none", "MLST none", "ALLO 100", "ALLO x", "OPTS UTF8 ON", "OPTS HASH MD5", "HASH small", "XMD5 small", "AVBL",
		"SITE CHMOD 600 small", "SITE HELP", "SITE NONE", "MODE S", "MODE Z", "STRU F", "HELP", "HOST a", "LANG en", "REIN", "STOU", "ACCT a", "XCUP",
		"RNTO nothing", "REST x", "ABOR", "PBSZ 0", "PROT P", "AUTH TLS", "NONE", "MFMT 20200101000000 small", "MDTM small", "CLNT me", "PORT 1,2,3", "EPRT x", "SMNT /", "MFF x",
	} {
		if err := f.says(f.renames, command); err != nil {
			return err
		}
	}
	return nil
}

// transfers makes new ones, in an old session and in a new one.
func (f *ftpTrial) transfers() (err error) {
	if f.fresh, err = ftpLogin(f.addr); err != nil {
		return err
	}
	if err := f.says(f.fresh, "CWD "+f.name); err != nil {
		return err
	}
	for i, s := range []*ftpSession{f.half, f.fresh} {
		b := randomBytes(f.rnd, 3000)
		name := fmt.Sprint("later", i)
		f.t.add("STOR: %v", s.store("STOR "+name, b))
		f.t.add("APPE: %v", s.store("APPE "+name, b))
		got, err := s.get("RETR " + name)
		f.t.add("RETR: %t, %v", bytes.Equal(got, append(b, b...)), err)
		for _, what := range []string{"NLST small", "NLST /" + f.name + "/small", "NLST .."} {
			got, err = s.get(what)
			l := strings.Fields(string(got))
			slices.Sort(l)
			f.t.add("%s: %t %d, %v", what, slices.Contains(l, "small"), min(1, len(l)), err)
		}
		if err := s.want("200", "TYPE A"); err != nil {
			return err
		}
		f.t.add("STOR in ASCII: %v", s.store("STOR lines", []byte("one\r\ntwo\r\n")))
		got, err = s.get("RETR lines")
		f.t.add("RETR in ASCII: %q, %v", got, err)
		if err := f.says(s, "SIZE lines"); err != nil {
			return err
		}
	}
	return f.says(f.half, "QUIT")
}

func (f *ftpTrial) close() {
	for _, s := range []*ftpSession{f.renames, f.restarts, f.waits, f.uploads, f.downloads, f.half, f.fresh} {
		s.close()
	}
	closeConn(f.up)
	closeConn(f.down)
}
