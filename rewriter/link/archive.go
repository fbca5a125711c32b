package link

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// What the compiler and the assembler write (cmd/internal/goobj of Go 1.26): an archive
// of objects, each with the offsets of its blocks at its beginning.
const (
	archiveMagic = "!<arch>\n"
	entryHead    = 60 // name, …, the size in 10 digits, "`\n"
	entrySizeAt  = 48

	objectKind  = "go object " // begins a text that ends with a line "!"
	objectMagic = "\x00go120ld"
	blockAt     = len(objectMagic) + 8 + 4 // behind a fingerprint and flags
	firstDef    = 3                        // block of definitions, the first of four
	firstRef    = 7                        // and what follows them

	defSize   = 21 // length and place of the name, ABI, kind, …
	staticABI = 0xffff
	kindText  = 1
	kindFIPS  = 2 // text too
)

// definitions lists the symbols that a compiled package defines for others to refer to.
func definitions(archive []byte) (syms []symbol, err error) {
	rest, is := bytes.CutPrefix(archive, []byte(archiveMagic))
	if !is {
		return nil, fmt.Errorf("it is no archive")
	}
	for len(rest) > 0 {
		if len(rest) < entryHead {
			return nil, fmt.Errorf("its last entry has no end")
		}
		name := strings.TrimSpace(string(rest[:16]))
		size, err := strconv.Atoi(strings.TrimSpace(string(rest[entrySizeAt : entrySizeAt+10])))
		if err != nil || size < 0 || size > len(rest)-entryHead {
			return nil, fmt.Errorf("entry %s has no size", name)
		}
		entry := rest[entryHead : entryHead+size]
		rest = rest[min(entryHead+size+size%2, len(rest)):]
		switch {
		case name == "__.PKGDEF" || name == "preferlinkext" || name == "dynimportfail":
			continue
		case bytes.HasPrefix(entry, []byte(elf.ELFMAG)):
			syms, err = appendGlobals(syms, entry)
		case bytes.HasPrefix(entry, []byte(objectKind)):
			_, object, is := bytes.Cut(entry, []byte("\n!\n"))
			if !is || !bytes.HasPrefix(object, []byte(objectMagic)) {
				return nil, fmt.Errorf("entry %s is not as Go 1.26 writes it", name)
			}
			syms, err = appendDefinitions(syms, object)
		default:
			return nil, fmt.Errorf("entry %s is neither Go's nor an ELF object", name)
		}
		if err != nil {
			return nil, fmt.Errorf("entry %s: %w", name, err)
		}
	}
	return syms, nil
}

// appendGlobals adds what an object of the C compiler's defines.
func appendGlobals(syms []symbol, object []byte) ([]symbol, error) {
	f, err := elf.NewFile(bytes.NewReader(object))
	if err != nil {
		return nil, err
	}
	all, err := f.Symbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return nil, err
	}
	for _, s := range all {
		if s.Name == "" || s.Section == elf.SHN_UNDEF || elf.ST_BIND(s.Info) == elf.STB_LOCAL {
			continue
		}
		text := int(s.Section) < len(f.Sections) && f.Sections[s.Section].Flags&elf.SHF_EXECINSTR != 0
		syms = append(syms, symbol{name: s.Name, text: text})
	}
	return syms, nil
}

func appendDefinitions(syms []symbol, object []byte) ([]symbol, error) {
	le := binary.LittleEndian
	if len(object) < blockAt+4*(firstRef+1) {
		return nil, fmt.Errorf("the object has no blocks")
	}
	defs, end := int(le.Uint32(object[blockAt+4*firstDef:])), int(le.Uint32(object[blockAt+4*firstRef:]))
	if defs > end || end > len(object) || (end-defs)%defSize != 0 {
		return nil, fmt.Errorf("the object's definitions lie outside of it")
	}
	for d := object[defs:end]; len(d) > 0; d = d[defSize:] {
		n, at := int(le.Uint32(d)), int(le.Uint32(d[4:]))
		if at+n > len(object) {
			return nil, fmt.Errorf("a name lies outside of the object")
		}
		if n > 0 && le.Uint16(d[8:]) != staticABI {
			syms = append(syms, symbol{name: string(object[at : at+n]), text: d[10] == kindText || d[10] == kindFIPS})
		}
	}
	return syms, nil
}
