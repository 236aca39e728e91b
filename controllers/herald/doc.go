// Package herald tells of refused Ingresses where people look: on the GameServerSet and on the GameServer, by Warning
// Events with the words of the refusal. OpenKruiseGame makes the Ingresses long after somebody has applied the set, and
// tells of what the API server answered on the Pod alone.
//
// It is in nobody's way: whoever refuses hands over the words and goes on. OpenKruiseGame tries 14 times in 42 seconds, at
// any replica, so there is one Event for an object and a text, and it counts. client-go's recorder (tools/events) would
// make several of it: it knows only its own process, and of two texts about one object it keeps the first alone.
package herald
