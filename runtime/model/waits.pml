/*
 * A mutex that moves while goroutines hold it and wait for it, as waits.go and
 * settle.go in package runtime have it. Change them together; `make model` checks
 * this file and that every wrong variant below is found. The stop itself is
 * proto.pml's; memory is sequentially consistent here.
 *
 * Each of NG goroutines (-DNG=3, else 2) takes the mutex once. In its critical section it may park,
 * or release and take the mutex again under one mark, as Cond.Wait does. The updater
 * makes TRIES (2) attempts to move the mutex, each of which may be given up.
 *
 *   model                    runtime
 *   st[i], at[i], on[i]      Rec.state, Rec.at, Rec.waits
 *   move[i]                  moves
 *   locked, woken, waiters   a mutex's word; token: its semaphore
 *   cur, f                   the object that new code has; the one in a frame
 *
 * What must hold: one goroutine is in its critical section, with the newest mutex;
 * no goroutine unlocks a mutex that is free; nobody waits for ever; an attempt that
 * is given up has changed nothing (the mutex would be lost).
 *
 * Wrong variants (-D), each of which has to be found:
 *   NO_LOOK      a goroutine that returns from the mutex does not look into moves
 *   POLL_FIRST   it polls before it looks
 *   NO_STOP      it sets out for the new mutex while an update is stopping
 *   NO_SETTLE    whoever is named is taken for asleep
 *   WORD_FIRST   the mutex's word is read before the records
 *   FREE_NAMED   a free mutex counts as settled though records name it
 *   DRAIN_FIRST  the old mutex is drained before the moves are entered
 *   NO_DRAIN     it is not drained
 *   NO_LEAD      moves are not led on when the mutex moves again
 */
#ifndef NG
#define NG 2
#endif
#ifndef TRIES
#define TRIES 2
#endif
#define NONE 9
#define RUN 0
#define PARKED 1
#define CAPTURED 2

byte st[NG], at[NG], on[NG], move[NG];
bool locked[3], woken[3];
byte waiters[3], token[3];
byte cur, inside, stopno;
bool S;

inline unlock(o) {
	atomic {
		assert(locked[o]);
		locked[o] = false;
		if
		:: waiters[o] > 0 && !woken[o] -> waiters[o]--; woken[o] = true; token[o]++
		:: else
		fi
	}
}

/* Lock, behind a TryLock that failed. */
inline lockslow(o) {
	awoke = false;
	do
	:: atomic { !locked[o] ->
			locked[o] = true;
			if :: awoke -> woken[o] = false :: else fi;
			break }
	:: atomic { locked[o] ->
			waiters[o]++;
			if :: awoke -> woken[o] = false :: else fi }
		atomic { token[o] > 0 -> token[o]-- }
		awoke = true
	od
}

inline poll() {
	do
	:: !S -> break
	:: atomic { S -> at[i] = stopno; st[i] = CAPTURED }
		(!S || at[i] != stopno);
		st[i] = RUN
	od;
	f = cur /* conversion, by the job or late */
}

/* UnparkOn, and the poll behind it. Who is captured goes on behind the poll. */
inline unpark() {
	st[i] = RUN;
	gone = false;
#ifdef POLL_FIRST
	do
	:: !S -> break
	:: atomic { S -> at[i] = stopno; st[i] = CAPTURED; on[i] = NONE; gone = true }
		(!S || at[i] != stopno);
		st[i] = RUN
	od;
#endif
#ifndef NO_LOOK
	do
	:: move[i] == NONE || gone -> break
	:: move[i] != NONE && !gone ->
		unlock(f);
		on[i] = NONE;
#ifndef NO_STOP
		do
		:: !S -> break
		:: atomic { S -> at[i] = stopno; st[i] = CAPTURED }
			(!S || at[i] != stopno);
			st[i] = RUN
		od;
#endif
		atomic { f = move[i]; move[i] = NONE; on[i] = f; st[i] = PARKED }
		lockslow(f);
		st[i] = RUN
	od;
#endif
	on[i] = NONE;
	poll()
}

proctype goroutine(byte i) {
	byte f;
	bool awoke, gone;
	poll();
	if
	:: atomic { !locked[f] && !woken[f] -> locked[f] = true } poll()
	:: atomic { locked[f] -> on[i] = f; st[i] = PARKED }
		lockslow(f);
		unpark()
	fi;
	assert(inside == 0 && f == cur);
	inside++;
	if
	:: skip
	:: st[i] = PARKED; st[i] = RUN; poll()
	:: inside--;
		atomic { on[i] = f; st[i] = PARKED }
		unlock(f);
		lockslow(f);
		unpark();
		assert(inside == 0 && f == cur);
		inside++
	fi;
	assert(f == cur && locked[f]);
	inside--;
	unlock(f);
	st[i] = PARKED
}

inline count() {
	n = 0; k = 0;
	do
	:: k < NG -> n = n + (on[k] == cur -> 1 : 0); k++
	:: else -> break
	od
}

inline word() { atomic { l = locked[cur]; w = woken[cur]; q = waiters[cur] } }

active proctype updater() {
	byte n, k, q, tries, old;
	bool l, w;
	do
	:: tries < TRIES ->
		tries++;
		atomic { stopno++; S = true }
		k = 0;
		do
		:: k < NG -> (st[k] == PARKED || st[k] == CAPTURED && at[k] == stopno); k++
		:: else -> break
		od;
		/* One that came back meanwhile is waited for by the records' next scan, or is
		   captured with its old frame: it owns nothing that the settling has not seen. */
		do
		:: goto giveup
		:: true ->
#ifdef WORD_FIRST
			word(); count();
#else
			count(); word();
#endif
			if
#ifdef NO_SETTLE
			:: true -> break
#else
			:: l && !w && q == n -> break
#ifdef FREE_NAMED
			:: !l && !w && q == 0 -> break
#else
			:: !l && !w && q == 0 && n == 0 -> break
#endif
			:: else
#endif
			fi
		od;
		old = cur;
		locked[cur + 1] = l;
#ifdef DRAIN_FIRST
		if :: l && n > 0 -> unlock(old) :: else fi;
#endif
		atomic {
			k = 0;
			do
			:: k < NG ->
#ifndef NO_LEAD
				if :: move[k] == old -> move[k] = old + 1 :: else fi;
#endif
				if :: on[k] == old && move[k] == NONE -> move[k] = old + 1 :: else fi;
				k++
			:: else -> break
			od;
			cur = old + 1
		}
#if !defined(DRAIN_FIRST) && !defined(NO_DRAIN)
		if :: l && n > 0 -> unlock(old) :: else fi;
#endif
giveup:
		S = false
	:: else -> break
	od
}

init {
	byte k;
	atomic {
		do
		:: k < NG -> on[k] = NONE; move[k] = NONE; run goroutine(k); k++
		:: else -> break
		od
	}
}
