package gobuild

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// TypeMark begins what the rewriter adds to the name of a type that it moves from
// a function to package level, where the name is not free. The addition ends at
// the next letter like the mark's first.
const TypeMark = "ˑup"

// compileLocalTypes compiles a package and restores the names of moved types.
func compileLocalTypes(tool string, args []string) error {
	if err := compile(tool, args); err != nil {
		return err
	}
	name := valueOf(args, "-o")
	archive, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if bytes.Contains(archive, []byte(TypeMark)) {
		if err := restoreTypeNames(archive); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(name, archive, 0o666); err != nil {
			return err
		}
	}
	os.Exit(0)
	return nil
}

// compile runs the compiler; if it fails this process ends as it did.
func compile(tool string, args []string) error {
	cmd := exec.Command(tool, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		os.Exit(exit.ExitCode())
	}
	return err
}

// restoreTypeNames takes the marks of moved local types (TypeMark) out of
// the names that the compiler has written into type descriptors, so that %T and
// reflection print what the user wrote. Symbols keep their marked names, hence
// types of the same name stay apart.
//
// A descriptor's name is a flag byte, a length as a varint, and text. The text
// shrinks in place; what is left over behind it is never read.
func restoreTypeNames(archive []byte) error {
	mark := []byte(TypeMark)
	for from := 0; ; {
		i := bytes.Index(archive[from:], mark)
		if i < 0 {
			return nil
		}
		i += from
		from = i + len(mark)
		// All text is printable, flags are not: walk back to the length.
		start := i
		for start > 0 && archive[start-1] >= ' ' {
			start--
		}
		name, size, ok := descriptorName(archive, start, i)
		if !ok {
			continue // a symbol's name, export data, debugging information
		}
		short := unmark(name, mark)
		if bytes.Contains(short, mark) {
			return fmt.Errorf("type name %q: the mark of a local type does not end", name)
		}
		text := archive[size[1] : size[1]+len(name)]
		clear(text[copy(text, short):])
		if n := len(short); size[1]-size[0] == 1 {
			archive[size[0]] = byte(n)
		} else {
			archive[size[0]], archive[size[0]+1] = byte(n)|0x80, byte(n>>7)
		}
	}
}

// descriptorName finds the name whose text holds position i. start is where the
// printable bytes before i begin; a length may be printable or not. size is where
// the length and the text begin.
func descriptorName(b []byte, start, i int) (name []byte, size [2]int, ok bool) {
	for at := max(start-2, 1); at < i && at <= start+1; at++ {
		if b[at-1] > 15 { // flags: exported, tag, package path, embedded
			continue
		}
		n, text := int(b[at]), at+1
		if n >= 0x80 {
			n, text = n&0x7f|int(b[at+1])<<7, at+2
		}
		if text <= i && text+n > i && text+n <= len(b) && n < 1<<14 && printable(b[text:text+n]) {
			return b[text : text+n], [2]int{at, text}, true
		}
	}
	return nil, size, false
}

func printable(s []byte) bool {
	for _, c := range s {
		if c < ' ' {
			return false
		}
	}
	return true
}

// unmark removes every mark with what follows it up to its end.
func unmark(name, mark []byte) []byte {
	var out []byte
	end := mark[:len(mark)-len("up")]
	for {
		i := bytes.Index(name, mark)
		if i < 0 {
			return append(out, name...)
		}
		out = append(out, name[:i]...)
		rest := name[i+len(mark):]
		j := bytes.Index(rest, end)
		if j < 0 {
			return append(out, name[i:]...)
		}
		name = rest[j+len(end):]
	}
}
