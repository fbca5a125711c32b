package slim

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// much has functions of many kinds, and instructions with VEX prefixes.
const much = `package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
)

func main() {
	text, err := json.Marshal(http.Header{})
	fmt.Println(string(text), err, math.FMA(2, 3, 4), http.ListenAndServe("", nil))
}
`

// The instructions of a program's functions, assembly code of the standard library among
// them, are read to where the function ends, and not beyond.
func TestReadsCode(t *testing.T) {
	dir := t.TempDir()
	source, exe := filepath.Join(dir, "main.go"), filepath.Join(dir, "exe")
	if err := os.WriteFile(source, []byte(much), 0o666); err != nil {
		t.Fatal(err)
	}
	// A test's own executable has no symbols.
	if out, err := exec.Command("go", "build", "-o", exe, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := elf.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	syms, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	text := f.Section(".text")
	code, err := text.Data()
	if err != nil {
		t.Fatal(err)
	}
	starts := map[uint64]bool{}
	for _, s := range syms {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			starts[s.Value] = true
		}
	}
	read, calls := 0, 0
	for _, s := range syms {
		if elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Size == 0 || s.Value < text.Addr || s.Value+s.Size > text.Addr+text.Size {
			continue
		}
		b := code[s.Value-text.Addr:][:s.Size]
		p := 0
		for p < len(b) {
			in, ok := decode(b[p:])
			if !ok {
				t.Logf("%s+%#x is not read: % x", s.Name, p, b[p:min(p+12, len(b))])
				break
			}
			if in.jump && in.rel == 4 && b[p] == 0xe8 {
				to := s.Value + uint64(p+in.len) + uint64(int64(int32(le.Uint32(b[p+in.relOff:]))))
				if calls++; !starts[to] && s.Name != "runtime.duffzero" && text.Addr <= to && to < text.Addr+text.Size && !inDuff(syms, to) {
					t.Errorf("%s+%#x: a call of %#x, where no function begins", s.Name, p, to)
				}
			}
			p += in.len
		}
		if p > len(b) {
			t.Errorf("%s ends within an instruction", s.Name)
		}
		if p == len(b) {
			read++
		}
	}
	if read < 1000 || calls < 5000 {
		t.Errorf("only %d functions read, with %d calls", read, calls)
	}
}

func inDuff(syms []elf.Symbol, at uint64) bool {
	for _, s := range syms {
		if (s.Name == "runtime.duffzero" || s.Name == "runtime.duffcopy") && s.Value < at && at < s.Value+s.Size {
			return true
		}
	}
	return false
}

// Instructions with a VEX prefix, as an assembler writes them.
func TestVectorInstructions(t *testing.T) {
	for _, c := range []struct {
		text string
		code []byte
		rel  int
	}{
		{"vzeroupper", []byte{0xc5, 0xf8, 0x77}, 0},
		{"vpxor %ymm0,%ymm1,%ymm2", []byte{0xc5, 0xf5, 0xef, 0xd0}, 0},
		{"vmovdqu 0x20(%rsi),%ymm0", []byte{0xc5, 0xfe, 0x6f, 0x46, 0x20}, 0},
		{"vmovdqu 0x12345678(%rip),%ymm0", []byte{0xc5, 0xfe, 0x6f, 0x05, 0x78, 0x56, 0x34, 0x12}, 4},
		{"vmovdqu 0x100(%rsi,%rax,2),%ymm0", []byte{0xc5, 0xfe, 0x6f, 0x84, 0x46, 0x00, 0x01, 0x00, 0x00}, 0},
		{"vfmadd231sd %xmm2,%xmm1,%xmm0", []byte{0xc4, 0xe2, 0xf1, 0xb9, 0xc2}, 0},
		{"vpalignr $8,%ymm0,%ymm1,%ymm2", []byte{0xc4, 0xe3, 0x75, 0x0f, 0xd0, 0x08}, 0},
		{"rorx $25,%r8d,%r13d", []byte{0xc4, 0x43, 0x7b, 0xf0, 0xe8, 0x19}, 0},
		{"vpsrld $3,%ymm0,%ymm1", []byte{0xc5, 0xf5, 0x72, 0xd0, 0x03}, 0},
	} {
		in, ok := decode(append(c.code, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90))
		if !ok || in.len != len(c.code) || in.rel != c.rel {
			t.Errorf("%s has %d bytes and an address of %d, and is read as %+v, %t", c.text, len(c.code), c.rel, in, ok)
		}
	}
}
