package main

// bubbleSort puts numbers into ascending order.
func bubbleSort(numbers []int) {
	for end := len(numbers); end > 1; end-- {
		for i := 1; i < end; i++ {
			if numbers[i-1] > numbers[i] {
				numbers[i-1], numbers[i] = numbers[i], numbers[i-1]
			}
		}
		inPlace.Store(int64(len(numbers) - end + 1))
	}
}
