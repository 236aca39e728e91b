// Package status tells in the status of each GamePolicy what became of it: whether it is valid, how many of the Ingresses
// that exist carry what it decides, and what keeps it from having its full effect. It runs on the leader, says only what
// others have found out, and writes only what differs from what stands there.
package status
