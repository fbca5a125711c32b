package interpreter

// A bytecode interpreter: one huge function, a switch in a loop. Most of its operations call nothing; one calls
// whatever function the machine was given.
type opcode int

const (
	opNop opcode = iota
	opPush
	opDrop
	opDup
	opSwap
	opOver
	opRot
	opAdd
	opSub
	opMul
	opAnd
	opOr
	opXor
	opAndNot
	opDiv
	opMod
	opShl
	opShr
	opNeg
	opNot
	opInc
	opDec
	opAbs
	opMin
	opMax
	opSign
	opAddConst
	opMulConst
	opModConst
	opAndConst
	opEq
	opNe
	opLt
	opLe
	opGt
	opGe
	opIsZero
	opLoad
	opStore
	opTee
	opIncLocal
	opDecLocal
	opAddLocal
	opLoadGlobal
	opStoreGlobal
	opIncGlobal
	opPeek
	opPoke
	opFill
	opSum
	opJump
	opJumpZero
	opJumpNot
	opJumpNeg
	opJumpLess
	opJumpLocal
	opCall
	opReturn
	opNative
	opPrint
	opDepth
	opClear
	opAssert
	opHalt
)

type instruction struct {
	op  opcode
	arg int
}

type frame struct {
	pc     int
	locals [8]int
}

type machine struct {
	globals [16]int
	memory  [256]int
	natives []func(int) int
	printed int
	fault   int
}

func (m *machine) run(code []instruction) int {
	stack, calls := make([]int, 0, 64), make([]frame, 0, 16)
	var locals [8]int
	for pc := 0; ; {
		in := code[pc]
		pc++
		switch in.op {
		case opNop:
			continue
		case opPush:
			stack = append(stack, in.arg)
		case opDrop:
			stack = stack[:len(stack)-1]
		case opDup:
			stack = append(stack, stack[len(stack)-1])
		case opSwap:
			n := len(stack)
			stack[n-1], stack[n-2] = stack[n-2], stack[n-1]
		case opOver:
			stack = append(stack, stack[len(stack)-2])
		case opRot:
			n := len(stack)
			stack[n-1], stack[n-2], stack[n-3] = stack[n-3], stack[n-1], stack[n-2]
		case opAdd:
			n := len(stack)
			stack[n-2] += stack[n-1]
			stack = stack[:n-1]
		case opSub:
			n := len(stack)
			stack[n-2] -= stack[n-1]
			stack = stack[:n-1]
		case opMul:
			n := len(stack)
			stack[n-2] *= stack[n-1]
			stack = stack[:n-1]
		case opAnd:
			n := len(stack)
			stack[n-2] &= stack[n-1]
			stack = stack[:n-1]
		case opOr:
			n := len(stack)
			stack[n-2] |= stack[n-1]
			stack = stack[:n-1]
		case opXor:
			n := len(stack)
			stack[n-2] ^= stack[n-1]
			stack = stack[:n-1]
		case opAndNot:
			n := len(stack)
			stack[n-2] &^= stack[n-1]
			stack = stack[:n-1]
		case opDiv:
			n := len(stack)
			if stack[n-1] == 0 {
				m.fault = pc
				return 0
			}
			stack[n-2] /= stack[n-1]
			stack = stack[:n-1]
		case opMod:
			n := len(stack)
			if stack[n-1] == 0 {
				m.fault = pc
				return 0
			}
			stack[n-2] %= stack[n-1]
			stack = stack[:n-1]
		case opShl:
			n := len(stack)
			stack[n-2] <<= uint(stack[n-1]) & 63
			stack = stack[:n-1]
		case opShr:
			n := len(stack)
			stack[n-2] >>= uint(stack[n-1]) & 63
			stack = stack[:n-1]
		case opNeg:
			n := len(stack)
			stack[n-1] = -stack[n-1]
		case opNot:
			n := len(stack)
			stack[n-1] = ^stack[n-1]
		case opInc:
			stack[len(stack)-1]++
		case opDec:
			stack[len(stack)-1]--
		case opAbs:
			if n := len(stack); stack[n-1] < 0 {
				stack[n-1] = -stack[n-1]
			}
		case opMin:
			n := len(stack)
			stack[n-2] = min(stack[n-2], stack[n-1])
			stack = stack[:n-1]
		case opMax:
			n := len(stack)
			stack[n-2] = max(stack[n-2], stack[n-1])
			stack = stack[:n-1]
		case opSign:
			n := len(stack)
			switch {
			case stack[n-1] < 0:
				stack[n-1] = -1
			case stack[n-1] > 0:
				stack[n-1] = 1
			}
		case opAddConst:
			stack[len(stack)-1] += in.arg
		case opMulConst:
			stack[len(stack)-1] *= in.arg
		case opModConst:
			stack[len(stack)-1] %= in.arg
		case opAndConst:
			stack[len(stack)-1] &= in.arg
		case opEq:
			n := len(stack)
			yes := 0
			if stack[n-2] == stack[n-1] {
				yes = 1
			}
			stack[n-2] = yes
			stack = stack[:n-1]
		case opNe:
			n := len(stack)
			yes := 0
			if stack[n-2] != stack[n-1] {
				yes = 1
			}
			stack[n-2] = yes
			stack = stack[:n-1]
		case opLt:
			n := len(stack)
			yes := 0
			if stack[n-2] < stack[n-1] {
				yes = 1
			}
			stack[n-2] = yes
			stack = stack[:n-1]
		case opLe:
			n := len(stack)
			yes := 0
			if stack[n-2] <= stack[n-1] {
				yes = 1
			}
			stack[n-2] = yes
			stack = stack[:n-1]
		case opGt:
			n := len(stack)
			yes := 0
			if stack[n-2] > stack[n-1] {
				yes = 1
			}
			stack[n-2] = yes
			stack = stack[:n-1]
		case opGe:
			n := len(stack)
			yes := 0
			if stack[n-2] >= stack[n-1] {
				yes = 1
			}
			stack[n-2] = yes
			stack = stack[:n-1]
		case opIsZero:
			n := len(stack)
			if stack[n-1] == 0 {
				stack[n-1] = 1
			} else {
				stack[n-1] = 0
			}
		case opLoad:
			stack = append(stack, locals[in.arg])
		case opStore:
			n := len(stack)
			locals[in.arg] = stack[n-1]
			stack = stack[:n-1]
		case opTee:
			locals[in.arg] = stack[len(stack)-1]
		case opIncLocal:
			locals[in.arg]++
		case opDecLocal:
			locals[in.arg]--
		case opAddLocal:
			stack[len(stack)-1] += locals[in.arg]
		case opLoadGlobal:
			stack = append(stack, m.globals[in.arg])
		case opStoreGlobal:
			n := len(stack)
			m.globals[in.arg] = stack[n-1]
			stack = stack[:n-1]
		case opIncGlobal:
			m.globals[in.arg]++
		case opPeek:
			n := len(stack)
			stack[n-1] = m.memory[stack[n-1]&(len(m.memory)-1)]
		case opPoke:
			n := len(stack)
			m.memory[stack[n-2]&(len(m.memory)-1)] = stack[n-1]
			stack = stack[:n-2]
		case opFill:
			n := len(stack)
			for i := range m.memory[:stack[n-2]&(len(m.memory)-1)] {
				m.memory[i] = stack[n-1]
			}
			stack = stack[:n-2]
		case opSum:
			sum := 0
			for _, v := range m.memory[:in.arg] {
				sum += v
			}
			stack = append(stack, sum)
		case opJump:
			pc = in.arg
		case opJumpZero:
			n := len(stack)
			if stack[n-1] == 0 {
				pc = in.arg
			}
			stack = stack[:n-1]
		case opJumpNot:
			n := len(stack)
			if stack[n-1] != 0 {
				pc = in.arg
			}
			stack = stack[:n-1]
		case opJumpNeg:
			n := len(stack)
			if stack[n-1] < 0 {
				pc = in.arg
			}
			stack = stack[:n-1]
		case opJumpLess:
			n := len(stack)
			if stack[n-2] < stack[n-1] {
				pc = in.arg
			}
			stack = stack[:n-2]
		case opJumpLocal:
			if locals[in.arg>>16] != 0 {
				pc = in.arg & 0xffff
			}
		case opCall:
			calls = append(calls, frame{pc, locals})
			locals, pc = [8]int{}, in.arg
		case opReturn:
			if len(calls) == 0 {
				return stack[len(stack)-1]
			}
			last := calls[len(calls)-1]
			calls = calls[:len(calls)-1]
			locals, pc = last.locals, last.pc
		case opNative:
			n := len(stack)
			stack[n-1] = m.natives[in.arg](stack[n-1])
		case opPrint:
			n := len(stack)
			m.printed = m.printed*31 + stack[n-1]
			stack = stack[:n-1]
		case opDepth:
			stack = append(stack, len(stack))
		case opClear:
			stack = stack[:0]
		case opAssert:
			if n := len(stack); stack[n-1] == 0 {
				m.fault = pc
				return 0
			}
			stack = stack[:len(stack)-1]
		case opHalt:
			return stack[len(stack)-1]
		default:
			m.fault = pc
			return 0
		}
	}
}

// program fills memory, sums it in a loop with calls and a native, and does a little of everything else.
func program() []instruction {
	const sub = 50
	code := []instruction{
		{opPush, 40}, {opStore, 0}, // local 0 counts down
		{opPush, 0}, {opStore, 1},
		// 4: the loop
		{opLoad, 0}, {opMulConst, 7}, {opAndConst, 127}, {opLoad, 0}, {opPoke, 0},
		{opLoad, 0}, {opCall, sub}, {opAddLocal, 1}, {opTee, 1}, {opModConst, 1000}, {opNative, 0}, {opDrop, 0},
		{opLoad, 1}, {opDup, 0}, {opPush, 3}, {opShr, 0}, {opXor, 0}, {opPush, 1 << 20}, {opMin, 0}, {opStore, 1},
		{opIncGlobal, 2}, {opDecLocal, 0}, {opJumpLocal, 4},
		// 27: the end
		{opSum, 128}, {opLoad, 1}, {opAdd, 0}, {opLoadGlobal, 2}, {opSub, 0}, {opDup, 0}, {opPrint, 0}, {opHalt, 0},
	}
	for len(code) < sub {
		code = append(code, instruction{opNop, 0})
	}
	return append(code,
		// a subroutine: the argument squared, and counted down to nothing
		instruction{opDup, 0}, instruction{opMul, 0}, instruction{opPush, 10}, instruction{opStore, 0},
		instruction{opInc, 0}, instruction{opLoad, 0}, instruction{opPush, 5}, instruction{opLt, 0}, instruction{opAdd, 0},
		instruction{opDecLocal, 0}, instruction{opJumpLocal, sub + 4}, instruction{opReturn, 0},
	)
}

func Work(n int) any {
	code, calls := program(), 0
	m := &machine{}
	m.natives = append(m.natives, func(v int) int { calls++; return v + 1 })
	sum := 0
	for range n {
		sum += m.run(code) % 1000
	}
	return []int{sum, calls, m.fault, m.printed & 0xffff}
}
