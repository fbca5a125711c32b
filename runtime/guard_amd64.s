#include "textflag.h"
#include "funcdata.h"

// Both guards are entered as closures of type guard, with the closure in DX.
// They may touch nothing but DX and the flags: argument registers, stack
// arguments and the return address belong to the call that is guarded.

// guardTail goes on in the guarded function with the same arguments and the same
// caller, so that it is not on the stack at all. That caller is the wrapper that
// the compiler makes for a deferred call with arguments or results.
TEXT ·guardTail(SB), NOSPLIT|WRAPPER, $0-0
	MOVQ 16(DX), R12
	CMPB (R12), $0
	JNE  skip
	MOVQ 8(DX), DX
	MOVQ (DX), R12
	JMP  R12
skip:
	RET

// guardCall calls a function that has neither arguments nor results. It stays on
// the stack, as a wrapper: there is nothing else between the function and the
// one that defers it.
TEXT ·guardCall(SB), WRAPPER|NEEDCTXT, $8-0
	NO_LOCAL_POINTERS
	MOVQ 16(DX), R12
	CMPB (R12), $0
	JNE  done
	MOVQ 8(DX), DX
	MOVQ (DX), R12
	CALL R12
done:
	RET

// func guardCodes() (tail, call uintptr)
TEXT ·guardCodes(SB), NOSPLIT, $0-16
	LEAQ ·guardTail(SB), AX
	MOVQ AX, tail+0(FP)
	LEAQ ·guardCall(SB), AX
	MOVQ AX, call+8(FP)
	RET
