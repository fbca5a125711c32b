module example.com/ftpd

go 1.26

require (
	github.com/fclairamb/ftpserverlib v0.26.0
	github.com/spf13/afero v1.14.0
)

require (
	github.com/fclairamb/go-log v0.5.0 // indirect
	golang.org/x/sys v0.33.0 // indirect
	golang.org/x/text v0.23.0 // indirect
)
