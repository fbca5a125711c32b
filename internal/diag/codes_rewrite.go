package diag

// UP11xx: what the rewriter refuses, by construct. 1101, 1110 to 1112, 1114, 1115 and
// 1117 to 1120 were given to what is carried by now.
var (
	UnnameableType   = define("UP1113", "a type of another package that cannot be had", "A local has a type that the package cannot write, because it is not exported or of an internal package that may not be imported there, and no expression of its function from which the type can be inferred without effect: one that an iterator yields whose argument has a declared type, or any before Go 1.18. Give the variable an interface type, an exported type, or keep it out of functions that stop.")
	UnknownStatement = define("UP1116", "a statement the rewriter does not know", "This is a gap in the rewriter. Please report it.")
	HiddenName       = define("UP1122", "a predeclared name is declared again for the whole package", "Instrumented source says true, nil, len and some others, and would mean the package's own. A declaration is renamed there if that does not show: a type that is embedded under such a name, and an imported package of such a name, are in the way.")
	EmbeddedName     = define("UP1124", "an embedded local type whose name shows", "Types that are declared inside functions move to package level, under another name where their own is taken. A field that embeds one has that name too. It is put right where a program can read it, but not in what the compiler decides by names: which structs with an embedded alias are one type, and which promoted methods a field hides.")
	LineDirective    = define("UP1121", "a //line directive that leads to where others are", "Positions tell instrumented frames from foreign ones: functions that may stop must not seem to stand in a file of a foreign package, nor on lines from 10,000,000.")
)
