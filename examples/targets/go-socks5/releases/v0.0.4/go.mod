module example.com/socksd

go 1.26

require github.com/things-go/go-socks5 v0.0.4
