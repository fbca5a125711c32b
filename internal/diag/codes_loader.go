package diag

// UP202x to UP204x: what is wrong with an update file, as runtime/update and
// runtime/loader find it. The runtime cannot import this list; codes_test.go
// holds the two together.
var (
	_ = define("UP2021", "the update file cannot be read", "The program opens the file itself, as the user it runs as and from its own view of the file system (containers, chroot).")
	_ = define("UP2022", "not an update file", "The file does not begin as update files do. `upstarego build -from OLD` writes them, with the ending .update.")
	_ = define("UP2023", "the update file is cut short", "The file is shorter than its header says: a copy that was not finished, or a full disk.")
	_ = define("UP2024", "the update file was changed", "Its contents do not have the digest that was written with it. Copy it again, or build it again.")
	_ = define("UP2025", "an update file of another format", "It was written by a release of upstarego whose files this program cannot read. Build the update with the release that built the program.")
	_ = define("UP2026", "the update is for another platform", "Operating system and architecture have to be those of the running program.")
	_ = define("UP2027", "the update was built by another Go toolchain", "Code of two Go releases cannot share one runtime. Build the update with the toolchain that built the program, patch version included.")
	_ = define("UP2028", "the update was built with other flags", "Build flags decide how types and code are laid out, so they have to be the same throughout a lineage.")
	_ = define("UP2029", "the update belongs to another program", "It was built from a release of another lineage.")
	_ = define("UP2030", "the update is for another release", "It was built from another release than the one that runs now. Build it again with -from that one.")
	_ = define("UP2031", "a shared package has other source in the program", "The update relies on a package staying as it is in the process, and there it was compiled from other source.")
	_ = define("UP2032", "the update cannot be loaded", "The dynamic linker or the Go runtime refused the shared object; the message is theirs. Directories mounted noexec cannot be loaded from.")
	_ = define("UP2033", "a symbol was bound to the wrong module", "The audit after loading found an address outside the module it belongs to. Nothing was changed. Please report this, with the update file.")
	_ = define("UP2034", "the update is not in a state that allows this", "A loaded update was asked to do something twice, or in the wrong order.")

	_ = define("UP2041", "the process trusts nobody", "An update is native code, so a process takes only what is signed by a key that it was told of when it started: UPSTARE_TRUST names files with public keys or directories of *.pub, divided by colons, and `upstarego build -trust FILE.pub` puts keys into an executable. UPSTARE_TRUST=unsigned takes files without a signature: whoever reaches the endpoint may run any code in the process then. What UPSTARE_TRUST says cannot be changed while the process runs; if a part of it cannot be read, nothing is trusted.")
	_ = define("UP2042", "the update is not signed", "The process takes signed files only. `upstarego build -sign FILE.key` signs what it builds, `upstarego sign -key FILE.key FILE.update` a file that is there.")
	_ = define("UP2043", "the update is signed by another key", "None of the keys that have signed the file is among those that the process was told of when it started. A file can have several signatures: sign it with a trusted key as well.")
	_ = define("UP2044", "the update's signature is wrong", "The file names a trusted key, and the signature is not that key's of this file: the file or the signature was changed.")
)
