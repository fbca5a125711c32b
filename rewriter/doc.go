// Package rewriter turns the source of a program into the source of a release.
//
// Every own function that may be on a stack at an update point gets two bodies:
// the fast body is the user's code with polls, the resume body is entered with a
// frame record. Both are printed from one normal form (desugar), in which every
// operation that may stop is a statement of its own. This comment argues, hazard by
// hazard, why the two together mean what the source means; the list at its end leads
// from each hazard to its code and its tests. Each paragraph names the
// programs of testdata/lang that pin it; internal/corpus builds them plainly and
// instrumented, and captures and rebuilds every goroutine at each n-th poll.
//
// # Calls and bases
//
// A call without a poll behind it loses the base of a segment in silence: the
// callee's zero results look like results. Every call of a pausable function is an
// Op of the normal form, both printers print an Op with its poll, and
// TestEveryCallHasItsPoll reads the output. At run time a stressed program counts
// its frames again while it unwinds (wrappers_return_call, nested_calls).
//
// A segment ends where its outermost frame was called by code that does not poll.
// That is decided by position, because inlining lends names to foreign code
// (callback_methods, sort_callbacks, bases_nested). Three callers do not show in
// runtime.Callers at all: reflect.MakeFunc's stub, reflect's method values, and the
// wrapper that the compiler makes for a deferred call. They are found on the chain
// of frame pointers (reflect_calls, defer_recover_arguments).
//
// What is called may be anything, and its frame says itself how to go on, so that an
// interface, a function value, a method value or an instance at one call need no
// distinction (calls_dynamic, calls_dynamic_generic, variadic, multi_value,
// interface_calls, method_values). A rebuilt innermost frame goes on behind its poll,
// not at it, else a program captured at every poll would not move. Recursion may be
// deeper than any buffer for return addresses (recursion_deep).
//
// # Order of evaluation
//
// The order is gc's: calls, receives, assertions, slicing, map literals and conversions
// of strings to slices before a point are hoisted in source order, loads stay where they
// are, and so do assertions to what is a single pointer and is used as that (not with the
// race detector); a copy that gc makes early is made early (evaluation_order, evaluation_order_locals, nested_calls,
// composite_literals, short_circuit, return_order). Map literals store entry by entry.
// Operands of an operation that waits are evaluated before its mark, calls first, then
// loads (marked_operands, park_operations). Places on the left of an assignment are
// found before the right side runs (assign_two_phases, assign_op).
//
// # Variables
//
// A variable that a literal captures and that is assigned again, or whose address is
// taken, is held by pointer in every frame: it stays one variable (closures_shared,
// pointers_to_locals, self_pointing_locals). Declarations make a new one every time
// they run, also under a goto that jumps back (declarations_rezeroed, goto_backward).
// Loop variables are copied per iteration before the post statement; one that may
// stop runs at the head of the next iteration, on the copy (for_periter_captured,
// for_range_captured). Only live variables are recorded (liveness, locals_of_every_type).
//
// # Names
//
// All variables of a declaration get names of their own, so that a resume body, which
// is flat, may hoist them, and so that no package-level name is hidden from what is
// generated (shadowing). Constants declared inside functions are printed by value
// (const_iota_named). Types declared inside functions move to package level; where the
// name is not free they get a marked one, and the build takes the mark out of the names
// in type descriptors, so %T prints what it printed (local_types, generics_local_types), but
// for the number that the compiler gives such a type where it is a type argument. A field
// that embeds such a type is called like it (local_types_embedded). A local of a
// type that the package cannot write keeps it: frame type and point functions are generic
// over it, and what needs it infers it from a witness, an expression without effect
// (unnameable_types, unnameable_yields, unnameable_internal; desugar/witness.go).
//
// # Assertions
//
// What foreign code has kept over an update may be of an earlier release's type. It is
// brought up in front of the type assertion or type switch of new code that comes upon it,
// in functions without points as well; an executable's code has none of that (package
// runtime/older). The operation stays what it is: operand once, panic, text, line
// (assertions).
//
// # Control
//
// The resume body is flat: labels and jumps at the top level of the function, entered by
// one switch. Statements without points are kept whole. A switch decides once, a fallthrough
// enters a clause that may have points (switch_expr), a type switch has one variable for
// each clause (switch_type). gotos jump over no declaration, because what a statement
// declares for itself gets a block (goto_forward, goto_backward, labels_break_continue).
// A range copies an array and evaluates its operand once (range_arrays,
// range_string_int_chan); one over a map uses Go's own iterator, which can be copied into a
// frame (map_range, map_operations). A select stores which case was taken, its operands
// are evaluated once and in order, and the place that receives is found after the receive
// (select_forms, select_operands, select_parked).
//
// A range over a function becomes a call with a literal, as the compiler itself does it:
// returns, branches and gotos that leave it are carried on behind the call, and a body
// that is called when it must not be panics with the runtime's own messages (range_func,
// range_func_nested, range_func_misuse, range_func_poll; the compiler's own tests in
// internal/corpus). A defer in such a body belongs to the function around the loop:
// it is moved to where that function's deferred calls are, and noted in a log that
// both share. What a return has set are the function's results at once, with names or
// without (range_func_defer, range_func_recover).
//
// # Deferred calls
//
// Defers stay defers. A frame that has been taken over must not run them: they look at a
// flag of their frame, which is set before the point function is called, so that a panic
// or Goexit in the rebuilt segment finds it set (defer_guard_panic_goexit, goexit). The resume
// body arms them again in their order, in loops from a log (defer_loop, defer_results).
// Function value, receiver and arguments are evaluated at the statement (defer_arguments,
// defer_nil, defer_go_builtins, defer_unpausable). Every deferred literal is a base, because what calls it
// has no poll, though it shows as its own function (defer_one_line_nested, defer_repanic).
//
// recover works directly under the deferred call and nowhere else, wrappers left aside. A
// deferred function that may call it itself is guarded by an assembly stub that leaves the
// call where it is (runtime.Guarded: defer_recover, defer_recover_arguments,
// foreign_recoverer). What it recovers may have come out of an operation that waits and has
// left its mark: runtime.Unmark is deferred behind it, and so runs before
// (defer_recover_marked). In a resumed function recover is a point of its own: if the frame
// is outermost its base is asked, else it would have returned nil anyway. A deferred
// call of recover itself works if its function returns to the panic that called it: the
// resume body leaves word, and the base does it (defer_recover_itself).
//
// # Type parameters
//
// What is generated for a generic function is generic as well: frame type, point functions,
// resume body, makers of its literals. A runtime.Func stands for one instance, with the
// type arguments in its key; those that some own package can write down are entered when
// the release is registered, the others when a frame of theirs is captured first (generics,
// generics_nested, calls_dynamic_generic).
//
// # What can be told
//
// Every statement of the output says where it comes from, through the user's own //line
// directives if there are some; those may lead anywhere but into files of foreign
// packages (line_directives, defer_one_line_nested).
//
// Files and lines of frames are the user's (caller_lines), and so are, in a finished
// program, the names of functions (function_names). A rebuilt function is on the stack
// twice, its resume body above the base that waits. The base does not show: where it
// waits, a finished program calls it a wrapper (internal/pclntab), and what asks for
// callers, the text of stacks and of panics, and profiles leave wrappers out. So foreign
// code that counts frames (a logger's source line) finds the plain program's
// (callers_foreign, panic_uncaught, panic_in_goroutine, deadlock). It shows where it was
// inlined into another function, and in reports of the race detector. Own code does not
// see that either when it asks for its callers: runtime.Caller and runtime.Callers, called or
// taken as values, are those of the project's runtime, which leaves bases out by what they
// have called (callers_depths, callers_imports). A type argument from package main prints
// with its import path inside another type's name.
//
// # The list
//
// What can go wrong, the rule against it, where the rule stands (package.function), and
// its tests. TestHazards looks for everything that is named here.
//
//  1. deferred calls run twice when a rebuilt segment panics or ends by Goexit
//     rule: the frame's flag is set once Begin has said that the frame is
//     handed over, before its point function is called
//     code: body.callPoint
//     test: defer_guard_panic_goexit
//
//  2. recover in a resumed deferred function is two frames below the deferred
//     call, and nil
//     rule: it is a point: the base is asked, which stands where recover works
//     code: body.flatOp, runtime.AskRecover
//     test: defer_recover
//
//  3. a deferred function that recovers itself cannot be called by a guarding
//     literal
//     rule: an assembly stub guards it and is no frame to recover; the mark of an
//     operation that panicked is taken back before it
//     code: body.deferStmt, body.unmark, runtime.Guarded, runtime.Unmark
//     test: foreign_recoverer, defer_recover_arguments, defer_recover_marked,
//     TestUnmark, script recovered
//
//  4. a nil interface or nil receiver panics at the defer statement, a nil
//     function at the end
//     rule: receivers are bound and values copied at the statement
//     code: desugar.bindReceiver, desugar.deferredCall
//     test: defer_nil, defer_arguments
//
//  5. deferred calls of a resumed frame come in another order, or with other
//     values
//     rule: flags in source order, in loops a log of what was armed with its
//     values
//     code: body.rearm, body.arm
//     test: defer_loop, defer_arguments
//
//  6. a call without a poll loses the base of its segment
//     rule: every such call is an Op, and every Op is printed with its poll;
//     frames left over are a panic
//     code: body.poll, runtime.Begin, runtime.checkLeft
//     test: TestEveryCallHasItsPoll, wrappers_return_call
//
//  7. a rebuilt frame polls again at its point and a program captured at every
//     poll stands still
//     rule: the innermost frame goes on behind the poll
//     code: body.flatOp
//     test: script run
//
//  8. a callee holds a pointer to what stood on a frame that is gone
//     rule: what has its address taken is a box, one for all frames that see it
//     code: desugar.boxes, desugar.box
//     test: pointers_to_locals, closures_shared
//
//  9. values that must not be copied are copied into a record and back
//     rule: the same: methods with pointer receivers take the address
//     code: desugar.boxes
//     test: self_pointing_locals
//
//  10. boxes and records allocate where the plain program does not
//     rule: records are made in point functions, out of line, from values
//     code: body.pointFuncs
//     test: script allocations
//
//  11. a closure sees the variable of another iteration
//     rule: boxes are copied before the post statement, which stands at the head
//     of the next iteration if it may stop
//     code: body.flatLoop, desugar.forRest
//     test: for_periter_captured, for_range_captured, for_conditions
//
//  12. a switch is decided again, or falls through into nowhere
//     rule: a tag is held if case expressions stop; a clause's end knows the
//     clause after it
//     code: desugar.chooseCase, body.flatClauses
//     test: switch_expr
//
//  13. clauses of a type switch share a variable
//     rule: each has its own, of its own type
//     code: desugar.typeSwitch, body.flatTypeSwitch
//     test: switch_type
//
//  14. a hoisted declaration keeps the value of its last execution
//     rule: declarations set zero, and make new boxes, each time they run
//     code: body.flatStmt, body.fresh
//     test: declarations_rezeroed
//
//  15. a range sees what its body does to the array it ranges over
//     rule: the operand is copied into a temporary, once
//     code: desugar.rangeStmt
//     test: range_arrays
//
//  16. select evaluates operands twice or late, or the receiving place early
//     rule: operands are held in order before the select; the place is found
//     behind the receive
//     code: desugar.comm, desugar.selectStmt
//     test: select_operands, select_forms
//
//  17. a native range over a map cannot be captured
//     rule: Go's own iterator is a local, and is copied into the frame; who resumes may
//     find a list of keys instead, if the map has got new memory
//     code: body.rangeLoop, body.flatRange, runtime.Start, runtime.GoOn
//     test: map_range, TestMapIterMirrorsTheRuntime, TestMapIterRest
//
//  18. branches, returns and defers in the body of a range over a function
//     rule: the body is a literal, what leaves it is carried on behind the call,
//     defers move to the function around
//     code: desugar.leave, desugar.carryOn, body.moved
//     test: range_func, range_func_nested, range_func_defer, range_func_recover
//
//  19. an iterator calls the body when it must not
//     rule: a state that the literal looks at first
//     code: desugar.rangeBody
//     test: range_func_misuse
//
//  20. calls change what was, or was not yet, evaluated left of them
//     rule: what gc evaluates early is hoisted, plain loads stay
//     code: desugar.isEvent, desugar.copiedEarly, desugar.places, desugar.mapLit
//     test: evaluation_order, evaluation_order_locals, assign_two_phases,
//     composite_literals
//
//  21. types of locals that no frame can name, and local types whose name changes
//     rule: local types move and are called what they were; frames are generic
//     over other types
//     code: desugar.typeName, desugar.unnameable
//     test: local_types, generics_local_types, unnameable_types, unnameable_internal
//
//  22. one call has many callees
//     rule: a frame is bound to a function of the call's results, whatever it
//     belongs to
//     code: body.bindFunc, runtime.Next
//     test: calls_dynamic, calls_dynamic_generic, method_values
//
//  23. own code below foreign code below own code
//     rule: a segment ends where the caller does not poll; no frame is left when
//     user code runs
//     code: runtime.segment, runtime.countSegment, runtime.Begin
//     test: bases_nested, callback_methods, reflect_calls
//
//  24. more frames than there is room for return addresses
//     rule: the walk is repeated with more
//     code: runtime.segment
//     test: recursion_deep
//
//  25. nested deferred literals on one line, and the user's //line directives
//     rule: a deferred literal begins on a line of its own kind; statements say
//     the position that the user's source says
//     code: body.deferStmt, body.where, body.otherFiles
//     test: defer_one_line_nested, line_directives, TestLinesThatLeadAstray
//
//  26. polls in counted loops cost more than the loops
//     rule: loops that end by themselves and have a short body do not poll
//     code: colour.needsPoll, colour.longBody, colour.forKind
//     test: counted_loops, TestRules
//
//  27. an assertion or a switch is given a value of an earlier release's type
//     rule: its operand is brought up first; what it panics with, and where, is
//     the user's
//     code: body.bringUp, body.subject, runtime.BringUp
//     test: assertions, switch_type, TestBroughtUp
//
//  28. a literal that is live in a callee's frame escapes, in each trip of a loop
//     rule: the fast body makes one for the loop if it captures nothing of a trip's
//     own; func values have no identity, and frames do not have this one
//     code: body.once, body.literal
//     test: literals_in_loops
//
// What go vet says of the generated source and not of the user's is "unreachable code", in
// resume bodies: they have every statement at their top level, and labels that only some
// way in needs (TestVetOfGeneratedSource).
package rewriter
