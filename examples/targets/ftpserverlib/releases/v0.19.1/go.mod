module example.com/ftpd

go 1.26

require (
	github.com/fclairamb/ftpserverlib v0.19.1
	github.com/spf13/afero v1.9.5
)

require (
	github.com/fclairamb/go-log v0.3.0 // indirect
	golang.org/x/sys v0.11.0 // indirect
	golang.org/x/text v0.3.8 // indirect
)
