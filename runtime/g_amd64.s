#include "textflag.h"

// func getg() uintptr
TEXT ·getg(SB), NOSPLIT, $0-8
	MOVQ (TLS), AX
	MOVQ AX, ret+0(FP)
	RET

// func callers(buf *uintptr, n int) int
// The frame pointer chain of the goroutine's stack, which has the wrappers that
// runtime.Callers leaves out. buf does not move while this runs.
TEXT ·callers(SB), NOSPLIT, $0-24
	MOVQ (TLS), R8
	MOVQ 0(R8), R9   // g.stack.lo
	MOVQ 8(R8), R10  // g.stack.hi
	SUBQ $16, R10
	MOVQ buf+0(FP), DI
	MOVQ n+8(FP), CX
	MOVQ BP, BX
	XORQ AX, AX
loop:
	CMPQ AX, CX
	JGE  end
	CMPQ BX, R9
	JCS  end
	CMPQ BX, R10
	JHI  end
	MOVQ 8(BX), DX
	MOVQ DX, (DI)(AX*8)
	INCQ AX
	MOVQ 0(BX), DX
	CMPQ DX, BX      // outwards only
	JLS  end
	MOVQ DX, BX
	JMP  loop
end:
	MOVQ AX, ret+16(FP)
	RET

// func deferList() **deferRecord
TEXT ·deferList(SB), NOSPLIT, $0-8
	MOVQ (TLS), AX
	ADDQ $40, AX     // g._defer
	MOVQ AX, ret+0(FP)
	RET

// func onStack(p unsafe.Pointer) bool
// Assembly is not preempted: the stack stays where it is between the two looks.
TEXT ·onStack(SB), NOSPLIT, $0-9
	MOVQ p+0(FP), AX
	MOVQ (TLS), CX
	MOVB $0, ret+8(FP)
	CMPQ AX, 0(CX)   // g.stack.lo
	JCS  no
	CMPQ AX, 8(CX)   // g.stack.hi
	JCC  no
	MOVB $1, ret+8(FP)
no:
	RET
