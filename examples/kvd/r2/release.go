package main

// release is what INFO reports as kvd_release.
const release = 2
