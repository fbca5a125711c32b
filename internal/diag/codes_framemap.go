package diag

// UP30xx: the frame map.
var (
	UnmappedPoint  = define("UP3001", "a point has no place in the new release", "A changed function may stand on a stack at this point, and the frame map does not say where it goes on. Add a mapping, or a \"not here\" constraint that makes goroutines leave first.")
	MapInvalid     = define("UP3002", "framemap.go does not compile", "framemap.go is compiled into the update, together with the mirrors of old and new types and frames. It is a package named upstare under the build constraint upstarego with a function Map(m *framemap.Map).")
	Undecided      = define("UP3003", "a decision is open", "DECIDE stands where upstarego cannot know what is meant. Put a value, a point or a statement in its place.")
	RulePlace      = define("UP3004", "a rule that is not always there", "The map is proved total by reading it. So every rule must be a statement of its own in Map, not in a condition, a loop or another function.")
	NotConstant    = define("UP3005", "a key or a point that is not constant", "The map is proved total by reading it: keys and points must be constants, and points a literal framemap.Points{…}.")
	UnknownKey     = define("UP3006", "a rule for something that the release does not have", "Keys are \"import/path.Name\" for types and variables, \"import/path.f\", \"import/path.(*T).M\" and \"….func1\" for functions. A rule may apply no longer because what it names was renamed or removed.")
	PointRange     = define("UP3007", "a function does not have that point", "Points are numbered from 1; point 0 is the entry. `upstarego framemap` lists them with their source lines.")
	MappedTwice    = define("UP3008", "a rule is given twice", "Two rules say where the same point goes, or give a value to the same thing. Keep one of them.")
	OtherResults   = define("UP3009", "the new point waits for other results", "A frame that called another one goes on with what that returns. If the new point calls something with other results, the frame inside would return the wrong values: make frames with framemap.At, or keep the point free with framemap.Never.")
	MissingLocal   = define("UP3010", "a local of the new frame has no value", "The new function goes on at a point where it uses a variable that the old frame does not hold by the same name and type. Give it a value in framemap.Locals.")
	MissingField   = define("UP3011", "a field of a changed type has no value", "Objects of the type exist already, and nothing says what the field is to hold. Set it in framemap.Type, or say with framemap.Zero that it starts at zero.")
	WrongMirror    = define("UP3012", "a rule is for one thing and its function for another", "The type arguments of a rule must be the mirrors of what its keys name: was.… of the old release's, is.… of the new one's.")
	VariableChange = define("UP3013", "a variable has another type and no value", "Its value cannot be carried over. Give it one with framemap.Var, or make it from the old one with framemap.VarFrom.")
	NoStart        = define("UP3015", "a goroutine that would begin with a function that goroutines do not begin with", "framemap.Go and framemap.Start begin at the entry of a function that the new release starts with a go statement or hands to foreign code: there the goroutine makes itself known to updates. Other functions rely on who calls them.")
	LateResult     = define("UP3014", "a function that may run after commit returns something", "The functions of framemap.Type, Locals and At also run when a goroutine that was parked at commit comes back, and those of Go and After run when an update is committed: the program runs in the new release then, and an error could undo nothing. They have no results. What may fail or must be validated runs before commit: framemap.Validate is asked about every object that is transformed then, framemap.Require about the program as a whole; an error there gives the update up.")
)
