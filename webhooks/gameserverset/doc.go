// Package gameserverset answers the API server when a GameServerSet is applied or scaled: it decodes, asks policy/review,
// and puts the answer into the form in which kubectl shows it. It decides nothing itself.
package gameserverset
