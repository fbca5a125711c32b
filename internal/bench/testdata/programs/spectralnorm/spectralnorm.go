package spectralnorm

import "math"

// Nested counted loops with a small function that gc inlines.
func a(i, j int) float64 { return 1 / float64((i+j)*(i+j+1)/2+i+1) }

func times(v, av []float64) {
	for i := range av {
		sum := 0.0
		for j := range v {
			sum += a(i, j) * v[j]
		}
		av[i] = sum
	}
}

func timesTransposed(v, atv []float64) {
	for i := range atv {
		sum := 0.0
		for j := range v {
			sum += a(j, i) * v[j]
		}
		atv[i] = sum
	}
}

func both(v, out, between []float64) {
	times(v, between)
	timesTransposed(between, out)
}

func Work(n int) any {
	const size = 60
	u, v, between := make([]float64, size), make([]float64, size), make([]float64, size)
	for i := range u {
		u[i] = 1
	}
	for range n {
		both(u, v, between)
		both(v, u, between)
		for i := range u { // else it would grow without bounds
			u[i] /= u[size-1]
		}
	}
	uv, vv := 0.0, 0.0
	for i := range u {
		uv += u[i] * v[i]
		vv += v[i] * v[i]
	}
	return math.Sqrt(uv / vv)
}
