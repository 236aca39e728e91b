package manifest

import (
	"strconv"
	"strings"
)

// origin is where an object was read.
type origin struct {
	place *place
	path  []step
}

// remember keeps where an object stands, by its pointer, or a policy's source.
func (in *Input) remember(object any, at origin) {
	if in.origins == nil {
		in.origins = map[any]origin{}
	}
	in.origins[object] = at
}

// SourceOf is where a field of an object of the input stands, or its nearest parent that can be found. The object is one
// of the pointers in the input, or the Source of a policy; of any other nothing is known.
func (in *Input) SourceOf(object any, field string) Source {
	at, known := in.origins[object]
	if !known {
		return Source{}
	}
	return at.place.source(append(at.path[:len(at.path):len(at.path)], stepsOf(field)...))
}

// stepsOf reads a field as findings name it: spec.network.networkConf[4].value, metadata.annotations[higress.io/timeout].
func stepsOf(field string) []step {
	var steps []step
	for field != "" {
		if rest, ok := strings.CutPrefix(field, "["); ok {
			inside, after, _ := strings.Cut(rest, "]")
			if i, err := strconv.Atoi(inside); err == nil {
				steps = append(steps, index(i))
			} else {
				steps = append(steps, key(inside))
			}
			field = strings.TrimPrefix(after, ".")
			continue
		}
		end := strings.IndexAny(field, ".[")
		if end < 0 {
			end = len(field)
		}
		steps = append(steps, key(field[:end]))
		field = strings.TrimPrefix(field[end:], ".")
	}
	return steps
}
