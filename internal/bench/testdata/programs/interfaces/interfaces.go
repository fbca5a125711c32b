package interfaces

// Dynamic calls: methods through interfaces, func values, closures.
type shape interface {
	area() float64
	scale(f float64) shape
}

type square struct{ s float64 }
type rect struct{ w, h float64 }
type group struct{ shapes []shape }

func (s square) area() float64         { return s.s * s.s }
func (s square) scale(f float64) shape { return square{s.s * f} }
func (r *rect) area() float64          { return r.w * r.h }
func (r *rect) scale(f float64) shape  { r.w *= f; r.h *= f; return r }
func (g *group) scale(f float64) shape { return g }
func (g *group) area() (sum float64) {
	for _, s := range g.shapes {
		sum += s.area()
	}
	return
}

func each(shapes []shape, f func(shape) float64) (sum float64) {
	for _, s := range shapes {
		sum += f(s)
	}
	return
}

func Work(n int) any {
	shapes := []shape{square{2}, &rect{2, 3}, &group{[]shape{square{1}, &rect{1, 1}}}}
	sum, calls := 0.0, 0
	for range n {
		for range 100 {
			sum += each(shapes, func(s shape) float64 {
				calls++
				return s.scale(1).area()
			})
		}
	}
	return []float64{sum, float64(calls)}
}
