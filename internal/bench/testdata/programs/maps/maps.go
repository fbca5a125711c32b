package maps

// Lookups, inserts, deletes and ranges.
func count(words []string, into map[string]int) {
	for _, w := range words {
		into[w]++
	}
}

func total(m map[string]int) (sum int) {
	for _, v := range m {
		sum += v
	}
	return
}

func Work(n int) any {
	var words []string
	for i := range 200 {
		words = append(words, string(rune('a'+i%26))+string(rune('a'+i/26)))
	}
	m := map[string]int{}
	sum := 0
	for round := range n {
		count(words, m)
		sum += total(m)
		delete(m, words[round%len(words)])
	}
	return sum
}
