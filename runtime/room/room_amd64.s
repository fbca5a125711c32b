#include "textflag.h"

TEXT ·room(SB), NOSPLIT|NOFRAME, $0-0
	PCDATA $16384, $0
	RET
