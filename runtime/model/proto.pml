/*
 * The stop, as package runtime implements it. Change both together; `make model`
 * checks this file and that every wrong variant below is found.
 *
 * One updater makes NUPD attempts; each may be given up while it waits or during
 * the transform. Goroutine 0 is started by own code, 1 by foreign code that holds
 * a function of release 1 (a handler), 2 by goroutine 0 (-DTHREE, -DTWO).
 *
 *   model            runtime
 *   mem[i], sb[i]    Rec.state as all see it, and the owner's store buffer (x86-TSO)
 *   at[i]            Rec.at, the stop that a record is captured for
 *   S[r]             the state word of release r: 0 run, 1 stop, 2 retired, 3 ending
 *   unw[i]           Rec.unwinding
 *   stop, over[s]    the newest stop, and whether its channel is closed
 *   conv[s*NG+i]     stop.converted
 *   rel[i]           the release of the code, or captured frames, of the segment
 *                    that is running
 *
 * What must hold: no user statement while the updater transforms or after its
 * release was retired (I1, I3); an attempt that is given up changes nothing (I2:
 * rel only moves by conversion to a committed release); the updater only reads
 * frames that their goroutine goes on with; nobody waits for ever.
 *
 * Wrong variants (-D), each of which has to be found:
 *   NO_BARRIER     a stop does not have all processors go through a barrier: the load of S
 *                  overtakes the store of RUN, which is plain
 *   MARK_EARLY     the mark comes before the last user statement
 *   POLL_FIRST     the poll comes before the store of RUN
 *   NO_GATE        a callback runs under the mark of the call it came through
 *   GATE_NO_DEFER  a gate restores the mark only when it returns normally
 *   DEFER_NO_MARK  deferred closures do not set RUN
 *   DEFER_PREV     a deferred closure that recovers restores the mark
 *   NEW_NO_POLL    a new goroutine sets RUN and does not poll
 *   REG_LATE       a new goroutine polls and then sets RUN
 *   CONV_PARKED    conversion on return runs while the record says PARKED
 *   ANY_CAPTURED   captured for an earlier stop counts as captured
 *   ONE_LOOK       a goroutine does not look at S again when a stop is over
 *   RETIRE_FIRST   the old word says retired before the new release is current
 *   CLEAR_AT_ONCE  the end of a stop does not wait for goroutines that unwind
 *   UNWIND_UNSEEN  who begins to unwind does not look at S again
 *
 * Not wrong, though one might think so (searched without an error): a gate that
 * looks at S once (its record says RUN, so the next stop waits for it), and a word
 * that says stop before the stop is published (goroutines look again).
 */
#define NG 3
#ifndef MAXN
#define MAXN 1
#endif
#ifndef NUPD
#define NUPD 2
#endif
#define OUT    0
#define RUN    1
#define PARKED 2
#define CAPT   3

byte mem[NG];
bit  sbv[NG];
byte sb[NG];
byte at[NG];
byte rel[NG];
bit  unw[NG];
byte S[5];
bit  over[4];
bit  conv[12];
byte cur = 1;
byte stop = 0;          /* 0: none was published yet */
bit  stopping = 0;      /* a stop is published */
bit  committing = 0;
bit  spawn = 0;
byte finished = 0;

#define MYREC(i) (sbv[i] -> sb[i] : mem[i])
inline drain(i)    { d_step { if :: sbv[i] -> mem[i] = sb[i]; sbv[i] = 0 :: else fi } }
inline plain(i, v) { atomic { !sbv[i] -> sb[i] = v; sbv[i] = 1 } }
inline xchg(i, v)  { atomic { drain(i); mem[i] = v } }

#define STORE_RUN(i) plain(i, RUN)

inline user(i) {
	atomic {
		assert(!committing);
		assert(S[rel[i]] != 2)
	}
}

/* waitStop: captured until the stop that was loaded is over. */
inline waitStop(i, s) {
	atomic {
		if
		:: stopping -> s = stop
		:: else -> s = 0
		fi
	}
	if
	:: s != 0 ->
		at[i] = s;              /* before the exchange that publishes it */
		xchg(i, CAPT);
		over[s - 1];            /* <-s.done */
		xchg(i, RUN)
	:: else
	fi
}

/* toCurrent: a base waits for stops and brings its frames to the newest release. */
inline toCurrent(i, s) {
	do
	:: atomic { S[cur] == 1 -> skip }
		waitStop(i, s);
		if
		:: s != 0 && conv[(s - 1) * NG + i] -> atomic { conv[(s - 1) * NG + i] = 0; rel[i]++ }
		:: else
		fi;
#ifdef ONE_LOOK
		break
#endif
	:: atomic { S[cur] != 1 && rel[i] == cur -> break }
	:: atomic { S[cur] != 1 && rel[i] != cur -> skip }
		/* convertLate, by one release: it reads and writes user state */
#ifdef CONV_PARKED
		xchg(i, PARKED);
#endif
		assert(!committing);
		atomic { assert(!committing); rel[i]++ };
#ifdef CONV_PARKED
		xchg(i, RUN)
#endif
	od
}

/* A poll: false alarms go on, else the segment is captured down to its base. Its frame
   returns zero values, and the poll of the one further out must not let that go on. */
inline poll(i, s) {
	if
	:: S[rel[i]] == 1 || S[rel[i]] == 2 ->
		atomic { drain(i); unw[i] = 1 };
		if
#ifndef UNWIND_UNSEEN
		:: S[rel[i]] == 0 || S[rel[i]] == 3 -> unw[i] = 0
		:: S[rel[i]] == 1 || S[rel[i]] == 2 ->
#else
		:: true ->
#endif
			atomic { assert(S[rel[i]] != 0); unw[i] = 0 };
			toCurrent(i, s)
		fi
	:: else
	fi
}

/* The poll of a gate: nothing has run in its frame, so it waits in place and
   hands over in place. */
inline gatePoll(i, s) {
	do
	:: S[rel[i]] == 1 -> waitStop(i, s)
	:: else -> break
	od;
	if
	:: S[rel[i]] == 2 -> toCurrent(i, s)
	:: else
	fi
}

inline unmark(i, s) {
#ifdef POLL_FIRST
	poll(i, s); STORE_RUN(i)
#else
	STORE_RUN(i); poll(i, s)
#endif
}

inline body(i, s, prev, outer, n) {
	n = 0;
	do
	:: n < MAXN -> n++;
		if
		:: user(i); poll(i, s)                  /* a loop's back edge */
		:: /* a marked call */
#ifdef MARK_EARLY
		   plain(i, PARKED); user(i);
#else
		   user(i); plain(i, PARKED);
#endif
		   if
		   :: skip
		   :: /* it calls a function of release 1 back, a segment of its own */
		      outer = rel[i]; prev = MYREC(i);
		      rel[i] = 1;
#ifndef NO_GATE
		      STORE_RUN(i); gatePoll(i, s);
#endif
		      user(i);
		      if
		      :: poll(i, s); user(i);
#ifndef NO_GATE
		         plain(i, prev)
#endif
		      :: /* it panics; foreign code recovers and goes on */
#if !defined(NO_GATE) && !defined(GATE_NO_DEFER)
		         plain(i, prev)
#else
		         skip
#endif
		      fi;
		      rel[i] = outer;
		      if :: goto forever :: skip fi
		   :: /* it panics; a deferred closure of the caller runs */
#ifndef DEFER_NO_MARK
		      prev = MYREC(i);
		      unmark(i, s);
#endif
		      user(i);
#ifdef DEFER_PREV
		      plain(i, prev);
#endif
		      if
		      :: /* it recovers: its caller goes on, with a poll after the call */
		         poll(i, s); user(i); goto next
		      :: goto die
		      fi
		   :: goto forever
		   fi;
		   unmark(i, s);
next:		   user(i)
		fi
	:: break
	od
}

proctype G(byte i) {
	byte s, prev, outer, n;
	rel[i] = 1;
#ifdef REG_LATE
	gatePoll(i, s); STORE_RUN(i);
#else
	STORE_RUN(i);
#ifndef NEW_NO_POLL
	gatePoll(i, s);
#endif
#endif
	user(i);
	if :: i == 0 -> spawn = 1 :: else fi;
	poll(i, s);
	body(i, s, prev, outer, n);
die:	user(i); xchg(i, OUT);
forever:	/* blocked in foreign code for ever: nobody may wait for this one */
	finished++
}

proctype Drain() {
end:	do
	:: atomic { sbv[0] -> mem[0] = sb[0]; sbv[0] = 0 }
	:: atomic { sbv[1] -> mem[1] = sb[1]; sbv[1] = 0 }
	:: atomic { sbv[2] -> mem[2] = sb[2]; sbv[2] = 0 }
	od
}

#ifdef ANY_CAPTURED
#define QUIET(j) (mem[j] != RUN)
#define READ(j)  (mem[j] == CAPT)
#else
#define QUIET(j) (mem[j] != RUN && (mem[j] != CAPT || at[j] == stop))
#define READ(j)  (mem[j] == CAPT && at[j] == stop)
#endif

inline resume(j) {
#ifndef CLEAR_AT_ONCE
	S[cur] = 3;
	j = 0;
	do
	:: j < NG -> atomic { !unw[j] -> j++ }
	:: else -> break
	od;
#endif
	S[cur] = 0;
	stopping = 0;
	over[stop - 1] = 1
}

proctype Updater() {
	byte k = 0, j;
	do
	:: k < NUPD -> k++;
		atomic { stop++; stopping = 1 };
		S[cur] = 1;                             /* an exchange */
#ifndef NO_BARRIER
		drain(0); drain(1); drain(2);           /* barrier(), one processor after the other */
#endif
		j = 0;
		do
		:: j < NG ->
			if
			:: atomic { QUIET(j) -> j++ }
#ifndef WAITUPD
			:: atomic { !QUIET(j) -> skip }; resume(j); goto next1
#endif
			fi
		:: else -> break
		od;
		committing = 1;
		/* the transform: frames of captured goroutines; a goroutine that comes
		   back from a park now may be seen or not */
		j = 0;
		do
		:: j < NG ->
			atomic {
				if
				:: READ(j) && rel[j] == cur -> assert(at[j] == stop); conv[(stop - 1) * NG + j] = 1
				:: else
				fi;
				j++
			}
		:: else -> break
		od;
		if
		:: /* it fails: undone */
			atomic {
				j = 0;
				do :: j < NG -> conv[(stop - 1) * NG + j] = 0; j++ :: else -> break od;
				committing = 0
			};
			resume(j)
		:: /* commit: the new release begins stopped */
			S[cur + 1] = 1;
#ifdef RETIRE_FIRST
			S[cur] = 2;
			atomic { cur++; committing = 0 };
#else
			atomic { cur++; committing = 0 };
			S[cur - 1] = 2;
#endif
			resume(j)
		fi;
next1:		skip
	:: else -> break
	od;
	finished++
}

init {
#ifdef TWO
	atomic { run Updater(); run Drain(); run G(0) };
	if :: spawn == 1 -> run G(2) :: finished >= 2 -> skip fi
#else
	atomic { run Updater(); run Drain(); run G(0); run G(1) };
#ifdef THREE
	if :: spawn == 1 -> run G(2) :: finished >= 3 -> skip fi
#endif
#endif
}
