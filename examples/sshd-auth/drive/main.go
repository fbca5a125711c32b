// Command drive uses a release of the sshd-auth example ($UPSTARE_PROGRAM): whoever has the
// user's key and a code that has not been used has to be let in and served, whatever
// happens to the server meanwhile, and nobody else. With -hold it says when users stand at
// every place where the server waits for them, and goes on when a line comes.
package main

import (
	"bufio"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

var hold = flag.Bool("hold", false, "have users everywhere, say so, and wait for a line")

func main() {
	log.SetFlags(0)
	flag.Parse()
	if err := drive(os.Getenv("UPSTARE_PROGRAM")); err != nil {
		log.SetOutput(os.Stdout)
		log.Fatal(err)
	}
	fmt.Println("all is well")
}

// Who comes: the user's key or somebody else's, a code of his or not.
var (
	host, ann, bob, eve = newKey(), newKey(), newKey(), newKey()

	secrets = map[string]string{"ann": "ann's cat is called Tom", "bob": "bob's boat leaks"}
)

func newKey() ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	return key
}

func signer(key ed25519.PrivateKey) ssh.Signer {
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		log.Fatal(err)
	}
	return s
}

// write writes the server's files to dir.
func write(dir string) error {
	block, err := ssh.MarshalPrivateKey(host, "")
	if err != nil {
		return err
	}
	type user struct {
		Key, Secret string
		Codes       []string
	}
	users := map[string]*user{}
	for name, key := range map[string]ed25519.PrivateKey{"ann": ann, "bob": bob} {
		u := &user{Key: ssh.FingerprintSHA256(signer(key).PublicKey()), Secret: secrets[name]}
		for i := range 20 {
			u.Codes = append(u.Codes, fmt.Sprint(name, i))
		}
		users[name] = u
	}
	list, err := json.Marshal(users)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "host.key"), pem.EncodeToMemory(block), 0o600),
		os.WriteFile(filepath.Join(dir, "users.json"), list, 0o600))
}

func drive(program string) error {
	words := strings.Fields(program)
	if len(words) == 0 {
		return fmt.Errorf("$UPSTARE_PROGRAM names no program")
	}
	dir, err := os.MkdirTemp("", "sshd-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := write(dir); err != nil {
		return err
	}
	cmd := exec.Command(words[0], append(words[1:], "-addr", "127.0.0.1:0",
		"-key", filepath.Join(dir, "host.key"), "-users", filepath.Join(dir, "users.json"))...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Process.Kill()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		return fmt.Errorf("it says %q, %v", line, err)
	}

	// One after the other, for so an update that waits for the n-th goroutine to come to a
	// place always finds the same user there.
	for _, v := range []*visit{
		{user: "bob", key: bob, code: "bob99"},
		{user: "bob", key: bob, code: "bob0", in: true},
	} {
		if err := v.pay(addr); err != nil {
			return err
		}
	}
	stay := []*visit{
		{user: "ann", key: ann, code: "ann1", in: true, stop: "command"},
		{user: "eve", key: eve, code: "eve1", stop: "command"},
	}
	if *hold {
		stay = append(stay,
			&visit{user: "ann", key: ann, code: "ann2", in: true, stop: "question"},
			&visit{user: "ann", key: ann, code: "ann0x", stop: "question"},
			&visit{user: "ann", key: ann, code: "ann3", in: true, stop: "hello"},
			&visit{user: "ann", key: bob, code: "ann9", stop: "hello"},
			&visit{user: "bob", key: bob, code: "bob4", in: true, stop: "session"},
			&visit{user: "bob", key: bob, code: "bob0", stop: "session"},
			&visit{user: "bob", key: bob, code: "bob5", in: true, stop: "welcome"},
			&visit{user: "eve", key: ann, code: "ann9", stop: "denied"},
			&visit{user: "bob", key: bob, code: "bob6", in: true, stop: "count"},
		)
	}
	told, held := make(chan bool), 0
	for _, v := range stay {
		v.there, v.told, v.end = make(chan bool), told, make(chan error, 1)
		go func() { v.end <- v.pay(addr) }()
		select {
		case <-v.there:
			held++
		case err := <-v.end: // not all get there
			if err != nil {
				return err
			}
			v.end <- nil
		}
	}
	if *hold {
		fmt.Println(held, "are held")
		bufio.NewReader(os.Stdin).ReadString('\n')
	}
	for _, v := range []*visit{
		{user: "bob", key: bob, code: "bob0"}, // used
		{user: "ann", key: bob, code: "ann8"}, // another's key: the code stays good
		{user: "ann", key: ann, code: "ann8", in: true},
	} {
		if err := v.pay(addr); err != nil {
			return err
		}
	}
	close(told)
	for _, v := range stay {
		if err := <-v.end; err != nil {
			return err
		}
	}
	last := &visit{user: "ann", key: ann, code: "ann9", in: true} // that nobody could use
	if err := last.pay(addr); err != nil {
		return err
	}
	stdin.Close()
	return cmd.Wait()
}

// A visit is a user who comes to the server.
type visit struct {
	user string
	key  ed25519.PrivateKey
	code string
	in   bool // he has to be let in

	// He stays at stop: there is closed when he has come there, and he goes on when told is.
	stop        string
	there, told chan bool
	end         chan error
}

// at is called when he is at a place.
func (v *visit) at(place string) {
	if v.stop == place {
		close(v.there)
		<-v.told
	}
}

func (v *visit) pay(addr string) error {
	heard, err := v.use(addr)
	all := strings.Join(heard, "; ")
	switch {
	case v.in && err != nil:
		return fmt.Errorf("%s, whose key and code are right, was dropped: %s: %w (%s)", v.user, all, err, v.stop)
	case !v.in && (err == nil || strings.Contains(all, "welcome") || strings.Contains(all, "says")):
		return fmt.Errorf("%s was let in without a right key and code: %s (%s)", v.user, all, v.stop)
	}
	return nil
}

// use does what a user does, and checks every answer; it returns what was heard.
func (v *visit) use(addr string) (heard []string, err error) {
	tcp, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer tcp.Close()
	tcp.SetDeadline(time.Now().Add(2 * time.Minute))
	conn, channels, requests, err := ssh.NewClientConn(tcp, addr, &ssh.ClientConfig{
		User:            v.user,
		Auth:            []ssh.AuthMethod{ssh.PublicKeys(signer(v.key))},
		HostKeyCallback: ssh.FixedHostKey(signer(host).PublicKey()),
	})
	if err != nil {
		return nil, err
	}
	questions, notices, noted := make(chan ssh.NewChannel), make(chan *ssh.Request), make(chan string, 10)
	close(questions)
	close(notices)
	client := ssh.NewClient(conn, questions, notices) // those that come are seen to here
	go func() {
		for n := range channels {
			ch, requests, err := n.Accept()
			if err != nil {
				continue
			}
			go ssh.DiscardRequests(requests)
			v.at("question")
			fmt.Fprintln(ch, v.code)
			ch.Close()
		}
	}()
	go func() {
		defer close(noted)
		for r := range requests {
			word, _, _ := strings.Cut(string(r.Payload), " ")
			v.at(word)
			noted <- string(r.Payload)
			r.Reply(true, nil)
		}
	}()
	defer func() {
		conn.Close()
		for n := range noted {
			heard = append(heard, n)
		}
	}()
	hear := func() error {
		n, ok := <-noted
		if !ok {
			return errors.New("no notice")
		}
		heard = append(heard, n)
		return nil
	}

	if err := hear(); err != nil {
		return heard, err
	}
	v.at("session")
	first, err := client.NewSession()
	if err != nil {
		return heard, err
	}
	defer first.Close()
	if err := first.Setenv("CITY", "Bern"); err != nil {
		return heard, err
	}
	if err := alive(conn); err != nil {
		return heard, err
	}
	v.at("command")
	secret, err := first.Output("secret")
	if len(secret) > 0 {
		heard = append(heard, fmt.Sprintf("secret says %q", secret))
	}
	if err != nil {
		return heard, err
	}
	if want := secrets[v.user] + "\n"; string(secret) != want {
		return heard, fmt.Errorf("not %q", want)
	}
	if err := hear(); err != nil {
		return heard, err
	}

	// Several sessions at once.
	count, err := client.NewSession()
	if err != nil {
		return heard, err
	}
	defer count.Close()
	in, err := count.StdinPipe()
	if err != nil {
		return heard, err
	}
	out, err := count.StdoutPipe()
	if err != nil {
		return heard, err
	}
	if err := count.Start("count"); err != nil {
		return heard, err
	}
	lines := bufio.NewScanner(out)
	for i := 1; i <= 3; i++ {
		fmt.Fprintln(in, "sheep")
		if want := fmt.Sprint(i, " sheep"); !lines.Scan() || lines.Text() != want {
			return heard, fmt.Errorf("count says %q, not %q: %v", lines.Text(), want, lines.Err())
		}
		if i == 2 {
			v.at("count")
			if err := others(client); err != nil {
				return heard, err
			}
		}
	}
	in.Close()
	if lines.Scan() {
		return heard, fmt.Errorf("count says %q at the end", lines.Text())
	}
	if err := count.Wait(); err != nil {
		return heard, fmt.Errorf("count: %w", err)
	}
	return heard, alive(conn)
}

// others uses sessions and requests beside one that is under way.
func others(client *ssh.Client) error {
	if _, _, err := client.OpenChannel("x11", nil); err == nil || !strings.Contains(err.Error(), "only sessions") {
		return fmt.Errorf("a channel that is no session: %v", err)
	}
	env, err := client.NewSession()
	if err != nil {
		return err
	}
	defer env.Close()
	if err := env.Setenv("CITY", "Thun"); err != nil {
		return err
	}
	if city, err := env.Output("env CITY"); err != nil || string(city) != "Thun\n" {
		return fmt.Errorf("env says %q, %v", city, err)
	}
	nothing, err := client.NewSession()
	if err != nil {
		return err
	}
	defer nothing.Close()
	var status *ssh.ExitError
	if err := nothing.Run("fly"); !errors.As(err, &status) || status.ExitStatus() != 127 {
		return fmt.Errorf("a command that is none: %v", err)
	}
	return alive(client)
}

// alive asks for an answer.
func alive(conn ssh.Conn) error {
	if ok, _, err := conn.SendRequest("keepalive@openssh.com", true, nil); err != nil || !ok {
		return fmt.Errorf("keepalive: %v, %w", ok, err)
	}
	if ok, _, err := conn.SendRequest("none", true, nil); err != nil || ok {
		return fmt.Errorf("a request that is none: %v, %w", ok, err)
	}
	return nil
}
