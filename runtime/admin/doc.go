// Package admin is the endpoint through which a running program takes updates.
//
//	POST   /v1/updates        {"path": "/abs/FILE.update"} or the path as text;
//	                          ?dry_run=1, ?wait=60s (0: 202 at once), ?timeout=30s
//	GET    /v1/updates        all remembered updates
//	GET    /v1/updates/{id}   one of them: phases, counts, stragglers with stacks
//	DELETE /v1/updates/{id}   give it up; it is undone unless it has committed
//	GET    /v1/status         releases with where their code lies, goroutines, counters
//	GET    /v1/goroutines     where goroutines stand in own code, and of which release;
//	                          ?func=REGEXP
//	GET    /metrics           the same in numbers, as Prometheus reads them
//
// Errors are {"error": {"code", "message", "positions"}}; an update that was
// undone answers with its error and, as "update", with its result.
//
//	400  the request, or the file is not an update file
//	401  no token, or another one
//	403  not the process's own user, or a browser's cross-site request; or the file
//	     is not signed by whom the process trusts
//	404  no such update
//	409  another update is under way, or it has committed already
//	412  the update belongs to another release, lineage or toolchain
//	413  the body is too long
//	422  the frame map does not cover what is running
//	500  the update failed and was undone
//	503  too many connections
//	504  the update ran out of time and was undone
//
// UPSTARE_ADMIN says where it listens: a socket's path, 127.0.0.1:port, host:port with
// TLS, or off. Without it, at <XDG_RUNTIME_DIR or temporary directory>/upstare-<uid>/
// <program>-<pid>.sock, in a directory and with a socket for the user alone; the
// peer's user id is checked as well. On TCP every local user can connect: only
// the Host and Origin headers are checked, against web pages.
//
// UPSTARE_ADMIN_TOKEN names a file with a token that requests must bring,
// UPSTARE_TLS_CERT, UPSTARE_TLS_KEY and UPSTARE_TLS_CLIENT_CA make it speak TLS with
// clients that have a certificate, and UPSTARE_AUDIT says where attempts are logged.
// docs/trust.md has the whole of it.
package admin
