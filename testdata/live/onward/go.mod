module example.com/onward

go 1.26
