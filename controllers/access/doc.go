// Package access is how commands get at a cluster from outside: kubectl's flags for the connection, a client with the rights of
// whoever runs the command, and in a sentence what keeps it from reading.
package access
