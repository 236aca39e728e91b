package finding

import "slices"

// Place is where somebody is told.
type Place string

// The places. `kubectl apply` stands for every write of a person or a program, kubectl scale included.
const (
	AtSet     Place = "set"     // kubectl apply of a GameServerSet
	AtPolicy  Place = "policy"  // kubectl apply of a GamePolicy
	AtIngress Place = "Ingress" // the write of an Ingress: kubectl apply, or OpenKruiseGame, and then in an event of the Pod
	InEvent   Place = "event"   // an event, besides the one that OpenKruiseGame writes
	InPreview Place = "preview" // gatehouse preview
	InLint    Place = "lint"    // gatehouse lint
)

// Entry is what is to be known of a code. Title, Cause, Remedy and Beyond are Markdown.
type Entry struct {
	Code Code
	// Title says in one line when the code is given.
	Title string
	// Errors, Warnings and Infos are the places where it is given with that severity.
	Errors, Warnings, Infos []Place
	// Cause says what happens, who does it, and what comes of it.
	Cause   string
	Example Example
	// Remedy is what to do.
	Remedy string
	// Beyond says why Gatehouse refuses what OpenKruiseGame, Kruise and the API server would take. It is empty where one of
	// them refuses it as well, and where nothing is refused.
	Beyond string
}

// Example shows a code as somebody meets it.
type Example struct {
	// Input is YAML: manifests, or the part of one that it is about. A list networkConf or a spec is of a GameServerSet,
	// annotations are of an Ingress.
	Input string
	// Message is a finding that comes of it, without the field where that is another one at each place.
	Message string
}

// Catalog is an entry for every code, ascending.
func Catalog() []Entry {
	return slices.Concat(policyEntries, hostEntries, hostStateEntries, parameterEntries, setEntries, annotationEntries, gatewayEntries)
}

// Beyond lists the codes with which Gatehouse refuses what OpenKruiseGame, Kruise and the API server would take.
func Beyond() []Code {
	var codes []Code
	for _, e := range Catalog() {
		if e.Beyond != "" {
			codes = append(codes, e.Code)
		}
	}
	return codes
}
