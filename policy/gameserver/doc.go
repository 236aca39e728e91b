// Package gameserver is the model of OpenKruiseGame's game servers: from a GameServerSet to the ids of its servers and
// the Ingresses that OpenKruiseGame 1.0 makes for them, and back from an Ingress to the game server it belongs to.
//
// It follows OpenKruiseGame to the letter, also where that is surprising (cloudprovider/kubernetes/ingress.go): what it
// computes is what the cluster will get. What OpenKruiseGame, Kruise or the API server would refuse is an Error, told by
// parameter name and value; what they ignore silently is a Warning. It knows neither policies nor gateways.
package gameserver
