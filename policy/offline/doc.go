// Package offline is what the commands that report have in common, with and without a cluster: flags, exit codes, what
// becomes of policies on their way in, and output that is safe for a terminal and complete for a program.
package offline
