// Package gamepods knows the Pods of game servers: what OpenKruiseGame says on them about the server's network, and
// whether the server is in use. The leader alone follows them. There are as many as game servers, and no admission rests
// on them.
package gamepods
