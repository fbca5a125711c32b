// This file is empty: it lets link.go declare functions without a body.
