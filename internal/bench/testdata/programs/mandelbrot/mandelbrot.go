package mandelbrot

// Loops whose end is not known beforehand: floating point alone.
func inside(cr, ci float64) bool {
	zr, zi := 0.0, 0.0
	for range 50 {
		zr, zi = zr*zr-zi*zi+cr, 2*zr*zi+ci
		if zr*zr+zi*zi > 4 {
			return false
		}
	}
	return true
}

func Work(n int) any {
	const size = 40
	in := 0
	for range n {
		for y := range size {
			for x := range size {
				if inside(2*float64(x)/size-1.5, 2*float64(y)/size-1) {
					in++
				}
			}
		}
	}
	return in
}
