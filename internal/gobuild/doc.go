// Package gobuild runs one `go build` of an instrumented program and touches
// nothing of the user's: no file, no go.mod, no go.sum, no vendor directory.
//
// What the go command sees instead of the user's tree is put together here:
//
//   - Instrumented files replace the originals through -overlay. The go command
//     tells the compiler the original names, so positions, runtime.Caller and
//     panics stay the user's.
//   - Modules whose files lie in the module cache may not be overlaid there.
//     They appear at a directory of ours that exists (but for its files) only in
//     the overlay, named by a replace line.
//   - The runtime is a module more: a copy of go.mod with require and replace
//     lines is handed over with -modfile. Workspace modules become replace
//     lines too, because -modfile and workspaces exclude each other.
//   - Generated packages are laid beneath the main package's module, again in
//     the overlay alone, so that they may import its internal packages.
//   - package main cannot be imported. The go command is shown files whose
//     clause names another package, and a -toolexec shim (this program run again:
//     package shim) gives the compiler the ones whose clause says main. Types
//     keep their names (%T prints main.T); only the import path is the package's own.
//
// # The build cache
//
// The go command keys a compiled package by its flags, by the contents of the
// files it was shown, and by the compiler's -V=full answer. A shown main file is
// the file given to the compiler but for its package clause and a marker line
// at its end, so whatever changes in one changes in the other, and no plain
// build shows the go command the same contents. That is why the shim leaves
// the -V=full answer alone: a different answer would compile the standard
// library anew for every edit. Paths that enter the key (directories of
// replaced modules, the version script's name inside the linker's flags) are
// derived from what they hold, not from the private work directory.
package gobuild
