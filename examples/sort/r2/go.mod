module example.com/sort

go 1.26
