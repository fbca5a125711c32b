// Command carry takes each program of examples/targets through all of its releases, in one
// process and under load, and says of each step what it took and what came of it.
//
// The process is started with the first release. Clients connect, and work until the last
// release has run: those written here know every answer beforehand and keep their connections,
// Debian's come and go. For each step, the next release is built with the frame map of
// examples/targets/<target>/maps, if there is one, and then
//
//   - a plain build of the old release is given the trial's input and shows its stacks: frames of
//     functions that change count as live;
//   - a trial puts state into the process and leaves sessions in the middle of something;
//   - the update is made, and the load goes on;
//   - the trial takes its sessions up, and asks for what it put in. A plain build of the new release
//     is started and given the same: its answers are the right ones.
//
// A step that cannot be built or is not committed is reported with the reason, and a new process
// goes on from the release behind it.
//
// Use:
//
//	go run -ldflags=-checklinkname=0 ./internal/targets/carry                    # all targets
//	go run … ./internal/targets/carry -target redcon -from v1.5.0 -to v1.6.2
//	go run … ./internal/targets/carry -into docs/real-releases.md                # the table of the last run
package main
