module example.com/mochid

go 1.26

require github.com/mochi-mqtt/server/v2 v2.4.6

require (
	github.com/gorilla/websocket v1.5.0 // indirect
	github.com/rs/xid v1.4.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
