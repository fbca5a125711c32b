package methods

// Small methods, which gc inlines: getters, setters, a stack and a point.
type point struct{ x, y int }

func (p point) add(q point) point    { return point{p.x + q.x, p.y + q.y} }
func (p point) scale(f int) point    { return point{p.x * f, p.y * f} }
func (p *point) move(dx, dy int)     { p.x += dx; p.y += dy }
func (p point) distance(q point) int { return abs(p.x-q.x) + abs(p.y-q.y) }

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

type stack struct{ points []point }

func (s *stack) push(p point) { s.points = append(s.points, p) }
func (s *stack) empty() bool  { return len(s.points) == 0 }
func (s *stack) top() *point  { return &s.points[len(s.points)-1] }
func (s *stack) pop() point {
	p := *s.top()
	s.points = s.points[:len(s.points)-1]
	return p
}

func (s *stack) walk(steps int) (length int) {
	at := point{}
	for i := range steps {
		s.push(at.add(point{i, -i}).scale(3 - i%5))
		s.top().move(1, i%7)
		if i%3 == 0 {
			p := s.pop()
			length += p.distance(at)
			at = p
		}
	}
	for !s.empty() {
		length += s.pop().distance(at)
	}
	return length
}

func Work(n int) any {
	sum, s := 0, &stack{}
	for range n {
		sum += s.walk(300) % 1000
	}
	return sum
}
