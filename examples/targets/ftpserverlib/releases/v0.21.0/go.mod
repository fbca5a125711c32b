module example.com/ftpd

go 1.26

require (
	github.com/fclairamb/ftpserverlib v0.21.0
	github.com/spf13/afero v1.9.3
)

require (
	github.com/fclairamb/go-log v0.4.1 // indirect
	golang.org/x/sys v0.4.0 // indirect
	golang.org/x/text v0.3.7 // indirect
)
