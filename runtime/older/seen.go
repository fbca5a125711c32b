package older

// Seen says whether the code that is compiled with this package may come upon values of
// an earlier release's types. That of an executable never does: it is over when a second
// release is committed. In the build of an update, if a type has changed since the
// lineage began, another file takes this one's place, which says true.
const Seen = false
