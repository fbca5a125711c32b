module example.com/auth/drive

go 1.26
