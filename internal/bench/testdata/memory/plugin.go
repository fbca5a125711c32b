package main

// The linker makes executables that can load plugins of programs that import this.
import _ "plugin"
