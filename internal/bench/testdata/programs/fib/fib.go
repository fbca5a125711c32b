package fib

// Calls: nothing else happens.
func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func Work(n int) any {
	sum := 0
	for range n {
		sum += fib(15)
	}
	return sum
}
