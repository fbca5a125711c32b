package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// A resp speaks Redis's protocol over one connection.
type resp struct {
	c net.Conn
	r *bufio.Reader
}

func dialRESP(addr string) (*resp, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &resp{c, bufio.NewReader(c)}, nil
}

func (c *resp) close() {
	if c != nil {
		c.c.Close()
	}
}

// request is a command as it is sent.
func request(words ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	return b.String()
}

func (c *resp) send(text string) error {
	_, err := io.WriteString(c.c, text)
	return err
}

// ask sends a command and gives its reply.
func (c *resp) ask(words ...string) (string, error) {
	if err := c.send(request(words...)); err != nil {
		return "", err
	}
	return c.reply()
}

// reply is the next reply: a line with its first character, a string as it is, nothing as
// (nil), and several between brackets.
func (c *resp) reply() (string, error) {
	if err := c.c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	line, err := c.r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSuffix(line, "\r\n")
	if line == "" {
		return "", wrong("an empty line for a reply")
	}
	n := 0
	if strings.ContainsRune("$*%~>=", rune(line[0])) {
		if n, err = strconv.Atoi(line[1:]); err != nil {
			return "", fmt.Errorf("reply %q", line)
		}
	}
	switch line[0] {
	case '$', '=':
		if n < 0 {
			return "(nil)", nil
		}
		b := make([]byte, n+2)
		_, err := io.ReadFull(c.r, b)
		return string(b[:n]), err
	case '*', '~', '>', '%':
		if n < 0 {
			return "(nil)", nil
		}
		if line[0] == '%' {
			n *= 2
		}
		all := make([]string, n)
		for i := range all {
			if all[i], err = c.reply(); err != nil {
				return "", err
			}
		}
		mark := ""
		if line[0] != '*' {
			mark = line[:1]
		}
		return mark + "[" + strings.Join(all, " ") + "]", nil
	}
	return line, nil
}

// want asks and compares.
func (c *resp) want(want string, words ...string) error {
	got, err := c.ask(words...)
	if err == nil && got != want {
		err = wrongf("%s: %q instead of %q", strings.Join(words, " "), got, want)
	}
	return err
}

// said asks, and puts the answer into a transcript.
func (c *resp) said(t *transcript, words ...string) error {
	got, err := c.ask(words...)
	if err != nil {
		return fmt.Errorf("%s: %w", strings.Join(words, " "), err)
	}
	t.add("%s: %s", strings.Join(words, " "), got)
	return nil
}
