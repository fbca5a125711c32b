module github.com/upstarego/upstarego

go 1.26
