// Package review says of a GameServerSet, before anything of it exists, what of its servers' Ingresses cannot work: what
// OpenKruiseGame, the API server, the gateway or Gatehouse itself would refuse later, where its author does not look. The
// webhook at kubectl apply and the command lint give the same answer, because both ask here.
//
// It is given everything as values and lookups in memory; its cost is bounded for any set.
package review
