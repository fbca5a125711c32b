package shim

import (
	"bytes"
	"encoding/binary"
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
	if err := RestoreTypeNames(valueOf(args, "-o")); err != nil {
		return err
	}
	os.Exit(0)
	return nil
}

// RestoreTypeNames gives moved types in a compiled package's archive the names
// that the user wrote.
func RestoreTypeNames(name string) error {
	archive, err := os.ReadFile(name)
	if err != nil || !bytes.Contains(archive, []byte(TypeMark)) {
		return err
	}
	if err := restoreTypeNames(archive); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, archive, 0o666)
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

// Parts of the compiler's object format (cmd/internal/goobj), which is that of one
// exact Go version: offsets of blocks behind the magic, and the sizes of entries.
const (
	objMagic   = "\x00go120ld"
	objOffsets = len(objMagic) + 8 + 4
	blkSymdef  = 3 // symbol definitions, of four kinds, up to blkRefs
	blkRefs    = 7
	blkDataIdx = 13
	blkData    = 16
	objSymSize = 21
	namePrefix = "type:.namedata."

	namePkgPath = 1 << 2 // flag of a name (internal/abi.Name)
)

// restoreTypeNames takes the marks of moved local types (TypeMark) out of the
// names that the compiler has written into type descriptors, so that %T and
// reflection print what the user wrote. Symbols keep their marked names, hence
// types of the same name stay apart.
//
// A name's data is a flag byte, a length as a varint, and text; behind the name of
// a field that is an embedded local type the same for its tag. The text shrinks in
// place and the tag moves up; what is left over behind them is never read.
func restoreTypeNames(archive []byte) error {
	start := bytes.Index(archive, []byte("\n"+objMagic))
	if start < 0 {
		return errors.New("no object file in the archive")
	}
	obj := archive[start+1:]
	u32 := func(at int) int { return int(binary.LittleEndian.Uint32(obj[at:])) }
	block := func(n int) int { return u32(objOffsets + 4*n) }
	for i := 0; ; i++ {
		at := block(blkSymdef) + i*objSymSize
		if at >= block(blkRefs) {
			return nil
		}
		name := obj[u32(at+4):][:u32(at)]
		if !bytes.HasPrefix(name, []byte(namePrefix)) || !bytes.Contains(name, []byte(TypeMark)) {
			continue
		}
		from, to := u32(block(blkDataIdx)+4*i), u32(block(blkDataIdx)+4*i+4)
		if err := restoreName(obj[block(blkData)+from : block(blkData)+to]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}

func restoreName(data []byte) error {
	n, size := binary.Uvarint(data[1:])
	text := 1 + size
	if size < 1 || size > 2 || text+int(n) > len(data) {
		return errors.New("not the name of a type")
	}
	old := data[text : text+int(n)]
	short := unmark(old, []byte(TypeMark))
	if bytes.Contains(short, []byte(TypeMark)) {
		return errors.New("the mark of a local type does not end")
	}
	if data[0]&namePkgPath != 0 {
		return errors.New("the name of a local type with the path of a package") // which is a relocation
	}
	rest := data[text+int(n):]
	end := copy(old, short)
	clear(data[text+end+copy(data[text+end:], rest):])
	if size == 1 {
		data[1] = byte(len(short))
	} else {
		data[1], data[2] = byte(len(short))|0x80, byte(len(short)>>7)
	}
	return nil
}

// unmark removes every mark with what follows it up to its end. A number behind the
// mark says after how many type arguments a semicolon stands instead of a comma.
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
		if n := leadingNumber(rest[:j]); n > 0 {
			semicolon(name, n)
		}
	}
}

func leadingNumber(b []byte) (n int) {
	for _, c := range b {
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// semicolon puts one in place of the n-th comma of the list in brackets that a name
// begins with.
func semicolon(name []byte, n int) {
	depth, quoted := 0, false
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case quoted && c == '\\':
			i++
		case c == '"': // of a struct's tag
			quoted = !quoted
		case quoted:
		case c == '[', c == '(', c == '{':
			depth++
		case c == ']', c == ')', c == '}':
			depth--
		case c == ',' && depth == 1:
			if n--; n == 0 {
				name[i] = ';'
				return
			}
		}
		if depth == 0 {
			return
		}
	}
}
