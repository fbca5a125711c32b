package main

import (
	"errors"
	"fmt"
	"strings"
)

// A rule says whether something may be said in a room.
type rule interface {
	allows(who *visitor, text string) error
}

// quiet is the rule that somebody may say nothing.
type quiet struct{ name string }

func (q quiet) allows(who *visitor, text string) error {
	if who.name == q.name {
		return errors.New(q.name + " may not talk here")
	}
	return nil
}

// short is the rule that nobody may say more than so many bytes at once.
type short int

func (s short) allows(who *visitor, text string) error {
	if len(text) > int(s) {
		return fmt.Errorf("too long: at most %d bytes", int(s))
	}
	return nil
}

// moderate does what a text that begins with a slash asks for, and says what it has done.
func (r *room) moderate(command string) (done string, err error) {
	verb, name, _ := strings.Cut(command, " ")
	r.mu.Lock()
	defer r.mu.Unlock()
	switch verb {
	case "/quiet":
		r.rules = append(r.rules, quiet{name})
	case "/short":
		n := 0
		if _, err := fmt.Sscan(name, &n); err != nil {
			return "", err
		}
		r.rules = append(r.rules, short(n))
	case "/free":
		r.rules = nil
	case "/kick":
		n := 0
		for m := range r.members {
			if m.who.name == name {
				m.idle.Reset(0) // as if it had been idle for too long
				n++
			}
		}
		return fmt.Sprint("kicked ", n), nil
	default:
		return "", errors.New("no such command")
	}
	return fmt.Sprint("rules: ", len(r.rules)), nil
}
