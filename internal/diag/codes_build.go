package diag

// UP12xx: building and linking.
var (
	CompileFailed  = define("UP1201", "instrumented source does not compile", "The plain program type-checks and its instrumented form does not: that is a fault of upstarego. `-work` keeps the source for the report.")
	LinkFailed     = define("UP1202", "linking failed", "The Go linker or the C linker behind it refused. The message is theirs; a C compiler and GNU ld or lld must be installed.")
	BuildFailed    = define("UP1203", "go build failed", "The go command failed for a reason that is neither the compiler's nor the linker's; its own words follow.")
	PackageClash   = define("UP1204", "a generated package is in the way of an existing one", "Generated packages live under a directory name that your module happens to use already.")
	OutsideModules = define("UP1205", "a file outside the build's modules cannot be replaced", "Only files of your own modules, of the workspace's and of required modules can be instrumented; the standard library never is.")
	BadBase        = define("UP1206", "the base release cannot be read", "-from names an executable that upstarego built; everything the next release needs is read from it. Stripping an executable, or copying only part of it, takes its ledger away.")
	OtherBuild     = define("UP1207", "the release is built differently from its base", "A lineage keeps its toolchain, platform, build flags, program and runtime: code that was built differently cannot share types and variables with the running process.")
	WrongBinding   = define("UP1208", "a symbol is bound to the wrong release", "After linking, the finished file is read back and every symbol's binding is compared with what its type says. A difference would be silent memory corruption, so nothing is written. Keep the files and report it.")
	NoSources      = define("UP1209", "the sources of a release cannot be laid out", "An executable carries the source of its own packages, its go.mod and go.sum, and what they embed, so that the release can be built once more over the tree of a later one: to go back to it, to rehearse its tests. Modules come from the module cache. What cannot be laid out so that the go command sees the very same files is refused.")
	VariableUnmade = define("UP1210", "a variable of a dependency would not be initialised", "A package that is not instrumented has changed, and one of its variables begins with something else than in the process, or is new, and it takes code to make that (a map, a call). Package initialisation does not run again, so the new code would find the old value, or zero. Values that stand in the executable as they are (tables of constants) are taken from the new release if nothing writes to them, and errors stay the ones that the process has. Name the package in -instrument, for then upstarego makes its variables, or keep the version of the base release.")
)
