package release

// Work is what a build does for a while: one after the other, each perhaps several times.
type Work string

const (
	Loading   Work = "loading the program"
	Analysing Work = "analysing it"
	Rewriting Work = "rewriting it"
	Comparing Work = "comparing it with the base release"
	Compiling Work = "compiling it"
	Linking   Work = "linking the executable"
	Updating  Work = "making the update"

	LinkingBoth Work = "linking the executable and making the update"
)

// begin tells who wants to know what is done from now on.
func (b *build) begin(w Work) {
	if b.Began != nil {
		b.Began(w)
	}
}
