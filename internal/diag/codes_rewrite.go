package diag

// UP11xx: what the rewriter cannot carry.
var (
	UnsafeFrame = define("UP1101", "a local holds memory the rewriter cannot follow", "A live local of type unsafe.Pointer or uintptr that may hold an address cannot be moved to a new frame without losing what it points to.")
)

// UP11xx, continued: what the rewriter refuses, by construct.
var (
	GenericPausable   = define("UP1110", "a generic function may be on a stack at an update point", "Frames of generic functions are not carried. Keep blocking calls and unbounded loops out of functions with type parameters.")
	RangeFunc         = define("UP1111", "range over a function around an update point", "The body of such a loop is a function of its own, called by the iterator. Call the iterator with a function literal instead.")
	LocalType         = define("UP1112", "a local has a type declared inside a function", "Frame records are package-level types and cannot name a type declared inside a function. Declare the type at package level.")
	UnnameableType    = define("UP1113", "a local has an unexported type of another package", "Frame records cannot name the type here. Give the variable an interface type, an exported type, or keep it out of functions that stop.")
	LockForm          = define("UP1114", "a lock method called in a form the rewriter cannot follow", "Call it as x.Lock() or x.RLock().")
	LabelledStatement = define("UP1115", "a label on a plain statement around an update point", "Only loops, switches and selects can carry a label there.")
	UnknownStatement  = define("UP1116", "a statement the rewriter does not know", "This is a gap in the rewriter. Please report it.")
	DeferredRecover   = define("UP1117", "recover deferred directly", "A deferred recover() is called through a guard, where it recovers nothing. Write defer func() { recover() }().")
	LoopForm          = define("UP1118", "a loop header that may stop in a form that is not carried", "Take the call out of the loop's header.")
	Goto              = define("UP1119", "goto in a function with update points", "goto is not carried yet in functions that may be on a stack at an update point.")
	RecoverInDeferred = define("UP1120", "a deferred function that may recover, called with arguments it needs later", "recover works only directly under the deferred call. Defer a function literal that calls recover itself.")
	LineDirective     = define("UP1121", "a //line directive in a file with update points", "Positions tell instrumented frames from foreign ones, and a //line directive may lead them into another file.")
)
