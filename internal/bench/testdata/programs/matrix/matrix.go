package matrix

// The product of matrices of rows: three counted loops.
type matrix [][]float64

func newMatrix(size int, f func(i, j int) float64) matrix {
	m := make(matrix, size)
	for i := range m {
		m[i] = make([]float64, size)
		for j := range m[i] {
			m[i][j] = f(i, j)
		}
	}
	return m
}

func (m matrix) product(a, b matrix) {
	for i := range m {
		row := m[i]
		for j := range row {
			row[j] = 0
		}
		for k, f := range a[i] {
			for j, v := range b[k] {
				row[j] += f * v
			}
		}
	}
}

func Work(n int) any {
	const size = 48
	a := newMatrix(size, func(i, j int) float64 { return float64(i-j) / size })
	b := newMatrix(size, func(i, j int) float64 { return float64(i+j) / size })
	c := newMatrix(size, func(i, j int) float64 { return 0 })
	trace := 0.0
	for range n {
		c.product(a, b)
		trace += c[1][1]
	}
	return trace
}
