// Package slim takes out of an update what the process has already.
//
// cmd/link puts all packages into a plugin, and calls inside of it go to its own
// copies. Of an update, most of that is the standard library and packages that
// have not changed, which the executable has too, and exports. This package
// stands between cmd/link and the C compiler that it links with, and changes the
// object file on its way:
//
//	cmd/link ──go.o──► Config.Apply ──go.o──► cc
//
// A function is dropped if all of this holds:
//
//   - Every executable of the lineage that the update can meet defines it, which
//     the ledger says (Set). What the linker left out there stays in the update.
//   - It was not compiled anew: no archive of a package that the update has of
//     its own defines it (Config.Anew).
//   - Nothing else in the update is shown in its place in traces, in the file that
//     its entry tells (Config.Keep).
//   - It leads to nothing that each module has of its own, by itself or through
//     what it calls (Config.Private): the process's copy would lead to another.
//   - Nothing refers to it in a way that cannot be led elsewhere: by an offset
//     from the beginning of the code, as method tables of types do that the
//     executable does not define; into its middle, as to runtime.duffzero.
//
// Its symbol becomes undefined, so that the dynamic linker puts the executable's
// in its place; its code, its entry in the function table, and what only that
// refers to become zeros. Nothing moves: the function table holds offsets.
//
// cmd/link leaves no relocation for a call within the code, so calls are found by
// reading the instructions of the functions that stay. A function that cannot be
// read to its end keeps everything that four bytes of it could mean.
package slim
