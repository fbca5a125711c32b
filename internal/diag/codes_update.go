package diag

// UP20xx: updates, the loader, and the admin endpoint with its client.
var (
	NoEndpoint     = define("UP2001", "no running program found", "The admin endpoint is a unix socket named after program and process id, or what UPSTARE_ADMIN says. `-addr` or `-pid` selects one when several programs run.")
	ManyEndpoints  = define("UP2002", "more than one running program found", "Name one with -pid or -addr.")
	EndpointFailed = define("UP2003", "the admin endpoint does not answer", "The socket exists and nobody serves it, or the process is stuck or gone.")
	UpdateBusy     = define("UP2004", "another update is under way", "A process takes one update at a time. `upstarego status` shows the one that is running.")
	WrongBase      = define("UP2005", "the update was built for another release", "An update file names the exact build it was made from. Build it again with -from the binary or update that the process runs now.")
	MapIncomplete  = define("UP2006", "the frame map does not cover what is running", "A goroutine stands at a point that the update cannot carry. The positions say where.")
	UpdateTimedOut = define("UP2007", "the update ran out of time and was undone", "Not every goroutine could be captured in time. The program goes on in its old release as if nothing had been asked; the report names what was in the way.")
	UpdateRefused  = define("UP2008", "the update was refused", "The process did not accept the update; its own words follow. Nothing was changed.")
	BadAdminAddr   = define("UP2009", "not an admin address", "An address is a socket's path or host:port on the loopback interface; UPSTARE_ADMIN=off switches the endpoint off.")
	UpdateFailed   = define("UP2010", "the update failed and was undone", "A step before commit failed. The program goes on in its old release.")
	BadAdminCall   = define("UP2011", "the admin endpoint does not understand the request", "The request names no update file, a relative path, an update that does not exist, or a parameter that cannot be read; the message says which.")
	LateFailed     = define("UP2013", "a goroutine goes on with what cannot be carried over", "It was parked at commit, and converting its stack failed when it returned, when nothing could be undone any more: a function of framemap.Type, Locals or At panicked, or it brought an object that cannot be told from one that had moved already. Or, captured or parked, it was to go on when a function of framemap.Then had run, and that panicked. Or an assertion or type switch has come upon a value that foreign code had kept, and that cannot be carried over. The goroutine panics with this error at the position, in the new release (at the assertion): the program's deferred functions run, and recover has it. An object whose transformer panicked has the fields that are carried over by name; a local that could not be carried over is zero. The update's status lists these errors.")
	NoMemory       = define("UP2014", "there is not enough memory for the update", "A process that gets no memory in the middle of an update would end, so what an update may take is asked for before the program is stopped: from ulimit -v and -d, from its control groups, from the machine. What is carried over is counted, and an update that needs more than there was is undone. Bodies alone need little; types that change need new memory for every object of theirs, beside the old.")
	AdminForbidden = define("UP2012", "the admin endpoint is not for this user", "Over its unix socket the endpoint answers the user that the program runs as and root; over TCP it answers requests whose Host and Origin are its own address.")
)
