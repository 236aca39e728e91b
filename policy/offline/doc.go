// Package offline is what the commands that work on manifests, without a cluster, have in common: flags, exit codes, what
// becomes of policies on their way in, and output that is safe for a terminal and complete for a program.
package offline
