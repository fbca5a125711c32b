package diag

// UP12xx: building and linking.
var (
	CompileFailed  = define("UP1201", "instrumented source does not compile", "The plain program type-checks and its instrumented form does not: that is a fault of upstarego. `-work` keeps the source for the report.")
	LinkFailed     = define("UP1202", "linking failed", "The Go linker or the C linker behind it refused. The message is theirs; a C compiler and GNU ld or lld must be installed.")
	BuildFailed    = define("UP1203", "go build failed", "The go command failed for a reason that is neither the compiler's nor the linker's; its own words follow.")
	PackageClash   = define("UP1204", "a generated package is in the way of an existing one", "Generated packages live under a directory name that your module happens to use already.")
	OutsideModules = define("UP1205", "a file outside the build's modules cannot be replaced", "Only files of your own modules, of the workspace's and of required modules can be instrumented; the standard library never is.")
)
