package fft

import (
	"math"
	"math/cmplx"

	"github.com/mjibson/go-dsp/fft"
)

// A public module, which is instrumented as well: transforms of both of its kinds, each of which has workers.
func Work(n int) any {
	const even, odd = 512, 105
	fft.SetWorkerPoolSize(2)
	var signals [2][]complex128
	for i, size := range []int{even, odd} {
		for k := range size {
			signals[i] = append(signals[i], complex(math.Sin(float64(3*k)), math.Cos(float64(k))))
		}
	}
	sum := 0.0
	for range n {
		for _, s := range signals {
			sum += cmplx.Abs(fft.FFT(s)[2])
		}
	}
	return sum
}
