package fannkuch

// Index loops over small slices: nothing is called.
func flips(size int) (checksum, most int) {
	perm, start, count := make([]int, size), make([]int, size), make([]int, size)
	for i := range start {
		start[i] = i
	}
	for r, permutation := size, 0; ; permutation++ {
		for ; r != 1; r-- {
			count[r-1] = r
		}
		copy(perm, start)
		n := 0
		for k := perm[0]; k != 0; k = perm[0] {
			for i, j := 0, k; i < j; i, j = i+1, j-1 {
				perm[i], perm[j] = perm[j], perm[i]
			}
			n++
		}
		most = max(most, n)
		if permutation%2 == 0 {
			checksum += n
		} else {
			checksum -= n
		}
		for {
			if r == size {
				return checksum, most
			}
			first := start[0]
			for i := range r {
				start[i] = start[i+1]
			}
			start[r] = first
			if count[r]--; count[r] > 0 {
				break
			}
			r++
		}
	}
}

func Work(n int) any {
	sum := 0
	for range n {
		checksum, most := flips(7)
		sum += checksum + most
	}
	return sum
}
