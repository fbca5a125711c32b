package slim

import (
	"golang.org/x/arch/x86/x86asm"
)

// ref is an instruction's reference to another place in the code.
type ref struct {
	at   uint64 // of the four bytes that say where
	to   uint64
	jump bool // a call or a jump; else an address is taken
	near bool // one byte says where
}

// readCode finds what the function's instructions refer to in the code. If they
// cannot be read to the end, it is everything that four bytes could mean.
// relocated tells the places that the linker fills in.
func (o *object) readCode(f *function, relocated map[uint64]bool) {
	code := o.code[f.start : f.start+f.size]
	for p := 0; p < len(code); {
		in, ok := decode(code[p:])
		if !ok {
			f.refs = o.guess(f, relocated)
			return
		}
		field := f.start + uint64(p+in.relOff)
		switch {
		case in.rel == 4 && !relocated[field]:
			to := f.start + uint64(p+in.len) + uint64(int64(int32(le.Uint32(code[p+in.relOff:]))))
			if to < f.start || to >= f.end {
				f.refs = append(f.refs, ref{at: field, to: to, jump: in.jump})
			}
		case in.rel == 1:
			to := f.start + uint64(p+in.len) + uint64(int64(int8(code[p+in.relOff])))
			if to < f.start || to >= f.end {
				f.refs = append(f.refs, ref{at: field, to: to, jump: in.jump, near: true})
			}
		}
		p += in.len
	}
	f.read = true
}

// guess is what four bytes could mean wherever they stand: the beginning of a
// function, or a place within one if a call or a jump could stand before them.
func (o *object) guess(f *function, relocated map[uint64]bool) (refs []ref) {
	code := o.code[f.start : f.start+f.size]
	for p := 0; p+4 <= len(code); p++ {
		field := f.start + uint64(p)
		to := field + 4 + uint64(int64(int32(le.Uint32(code[p:]))))
		if relocated[field] || to >= f.start && to < f.end || to >= uint64(len(o.code)) {
			continue
		}
		jump := p >= 1 && (code[p-1] == 0xe8 || code[p-1] == 0xe9) || p >= 2 && code[p-2] == 0x0f && code[p-1]&0xf0 == 0x80
		if g := o.at(to); g != nil && (jump || g.start == to) {
			refs = append(refs, ref{at: field, to: to, jump: jump})
		}
	}
	return refs
}

// instruction is what is asked of one.
type instruction struct {
	len         int
	rel, relOff int // size and place of an operand relative to the next instruction
	jump        bool
}

func decode(code []byte) (instruction, bool) {
	if in, ok := decodeVector(code); ok {
		return in, true
	}
	x, err := x86asm.Decode(code, 64)
	if err != nil || x.Len == 0 {
		return instruction{}, false
	}
	in := instruction{len: x.Len, rel: x.PCRel, relOff: x.PCRelOff}
	for _, a := range x.Args {
		if _, ok := a.(x86asm.Rel); ok {
			in.jump = true
		}
	}
	return in, true
}

// decodeVector measures an instruction with a VEX prefix, which x86asm does not know.
func decodeVector(code []byte) (instruction, bool) {
	var opcodes, opcode int // which map, and where in code
	switch {
	case len(code) >= 4 && code[0] == 0xc5:
		opcodes, opcode = 1, 2
	case len(code) >= 5 && code[0] == 0xc4:
		opcodes, opcode = int(code[1]&31), 3
	default:
		return instruction{}, false
	}
	if opcodes < 1 || opcodes > 3 {
		return instruction{}, false
	}
	op := code[opcode]
	if opcodes == 1 && op == 0x77 { // VZEROUPPER, VZEROALL
		return instruction{len: opcode + 1}, true
	}
	n := opcode + 2 // behind the byte that tells the operands
	in := instruction{}
	modrm := code[n-1]
	if mod, rm := modrm>>6, modrm&7; mod != 3 {
		if rm == 4 {
			if n >= len(code) {
				return in, false
			}
			if mod == 0 && code[n]&7 == 5 {
				n += 4
			}
			n++
		}
		switch {
		case mod == 0 && rm == 5:
			in.rel, in.relOff = 4, n
			n += 4
		case mod == 1:
			n++
		case mod == 2:
			n += 4
		}
	}
	if opcodes == 3 || opcodes == 1 && (op >= 0x70 && op <= 0x73 || op == 0xc2 || op >= 0xc4 && op <= 0xc6) {
		n++ // an immediate byte
	}
	in.len = n
	return in, n <= len(code)
}
