module example.com/miniredisd

go 1.26

require github.com/alicebob/miniredis/v2 v2.34.0

require (
	github.com/alicebob/gopher-json v0.0.0-20230218143504-906a9b012302 // indirect
	github.com/yuin/gopher-lua v1.1.1 // indirect
)
