package config

import "runtime"

// cores is what Go sees; a component on one core would serialise its own garbage collection.
func cores() int { return runtime.NumCPU() }
