// This file is empty: it lets env.go declare a function without a body.
