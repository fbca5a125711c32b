package diag

// UP10xx: loading the program, and how the command is used.
var (
	BadUsage        = define("UP1001", "the command line is not understood", "A flag or an argument is missing, unknown, or in the wrong place. upstarego's own flags and go build flags may be mixed; the package comes last. `upstarego COMMAND -h` lists the flags.")
	FlagRefused     = define("UP1002", "a go build flag that cannot be honoured", "upstarego passes go build flags through or refuses them by name. A refused flag would change what is built in a way that live updates cannot follow (another build mode, another compiler, coverage counters), or hands over to another tool what upstarego needs for itself (-toolexec).")
	NoMainPackage   = define("UP1003", "no main package", "build takes one main package: a directory, an import path, or ./... in a module that has just one package main.")
	ManyMains       = define("UP1004", "more than one main package", "An update belongs to one program, so one main package has to be named.")
	LoadFailed      = define("UP1005", "the program cannot be loaded", "The go command could not resolve or read the packages. The same command with `go build` shows the same problem; mend that first.")
	TypeErrors      = define("UP1006", "the program does not type-check", "upstarego builds only what the compiler accepts. Positions are those of your own source.")
	NoModule        = define("UP1007", "not inside a module", "upstarego builds packages of a module: it needs a go.mod to put its runtime beside your requirements. GOPATH mode and lists of .go files are not supported.")
	VendorRefused   = define("UP1008", "a workspace's vendor directory cannot be used", "The runtime is added to the build's module list, which the go command does not allow in vendor mode. A module's own vendor directory is turned into replacements; for a workspace the modules have to come from the module cache: build with -mod=readonly.")
	WrongToolchain  = define("UP1009", "unsupported Go version", "Loading code into a running process relies on details of one Go minor version, so each release of upstarego supports exactly one and checks it first.")
	WrongPlatform   = define("UP1010", "unsupported platform", "Updates are ELF shared objects bound by symbol versions: linux/amd64 with cgo and GNU ld or lld.")
	OwnCgo          = define("UP1011", "own package uses cgo", "A frame that holds C memory, or is called from C, cannot be carried over. Packages that import \"C\" stay foreign: leave them out with -instrument.")
	OwnPlugin       = define("UP1012", "program imports plugin", "upstarego owns how code gets into the process; a second way would bind symbols that the ledger does not know of.")
	NoInstrumented  = define("UP1013", "no package is selected for instrumentation", "-instrument takes import path patterns, and at least the program's main package has to be among what they match.")
	BadEnvironment  = define("UP1014", "the go command cannot be used", "The go command is missing, or it failed before it looked at the program.")
	UnknownCode     = define("UP1015", "unknown code", "`upstarego explain` without an argument lists every code.")
	UnknownCommand  = define("UP1016", "unknown command", "`upstarego help` lists the commands.")
	WorkspaceGoLine = define("UP1018", "workspace modules with different go lines", "The build turns a workspace into one module's requirements. A required module with a higher go line would raise the main module's, and go lines decide what code means (loop variables, GODEBUG defaults).")
	NothingToCreate = define("UP1017", "output cannot be written", "The file named by -o cannot be created; nothing was changed.")
)
