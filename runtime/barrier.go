package runtime

import (
	"runtime"
	"sync"
	"syscall"
)

// Whoever says RUN polls next, and whoever stops the program sets the state word and looks
// at the records next: one of the two has to see the other. That takes a full memory barrier
// between store and load on both sides. A goroutine says RUN several times in a microsecond,
// and a stop is rare, so the goroutine's is left out, and the stop has one for all: the kernel
// has each processor that runs a thread of the process go through a barrier (membarrier(2)).
// What was stored before it is seen by who looks then, and what is loaded behind it sees the
// state word.

const (
	sysMembarrier     = 324
	privateExpedited  = 1 << 3
	registerExpedited = 1 << 4
)

// register says that the process will use it. It takes some milliseconds in a process of
// several threads.
var register = sync.OnceValue(func() bool {
	_, _, e := syscall.Syscall(sysMembarrier, registerExpedited, 0, 0)
	return e == 0
})

// barrier returns when every goroutine has gone through a full memory barrier since it was
// called, or will before it runs on.
func barrier() {
	if register() {
		if _, _, e := syscall.Syscall(sysMembarrier, privateExpedited, 0, 0); e == 0 {
			return
		}
	}
	stopTheWorld()
}

// stopTheWorld is for a kernel, or a filter of system calls, that has no such call: each
// goroutine comes to a safe point, and its thread through a barrier on the way there.
func stopTheWorld() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
}

var await = barrier // a test has it the other way
