package gameserver

import (
	"strconv"
	"strings"
)

// ServerOn tells which server has a host by this template. It says every where all of them have it, and ok is false
// where none has. Whether there is a server of that id is not asked.
func (t Template) ServerOn(host string) (id int, every, ok bool) {
	if !t.host.hasID {
		return 0, true, t.makes && host == t.host.before
	}
	if !t.makes || len(host) <= len(t.host.before)+len(t.host.after) ||
		!strings.HasPrefix(host, t.host.before) || !strings.HasSuffix(host, t.host.after) {
		return 0, false, false
	}
	digits := host[len(t.host.before) : len(host)-len(t.host.after)]
	id, err := strconv.Atoi(digits)
	if err != nil || id < 0 || id > maxID || strconv.Itoa(id) != digits {
		return 0, false, false
	}
	return id, false, true
}

// MayMeet tells whether two templates can give two servers one host: "s1<id>" and "s<id>" meet at "s10". It costs nothing
// beside the comparison of all hosts, and most pairs of sets end here.
func (t Template) MayMeet(o Template) bool {
	if !t.makes || !o.makes {
		return false
	}
	switch {
	case !t.host.hasID:
		_, _, meets := o.ServerOn(t.host.before)
		return meets
	case !o.host.hasID:
		_, _, meets := t.ServerOn(o.host.before)
		return meets
	}
	// What one has and the other has not must come from the id.
	before, after := longer(t.host.before, o.host.before), longer(t.host.after, o.host.after)
	moreBefore, ok1 := strings.CutPrefix(before, shorter(t.host.before, o.host.before))
	moreAfter, ok2 := strings.CutSuffix(after, shorter(t.host.after, o.host.after))
	return ok1 && ok2 && isDigits(moreBefore) && isDigits(moreAfter)
}

// SameHosts tells whether two templates give a server of any id the same host.
func (t Template) SameHosts(o Template) bool {
	return t.makes == o.makes && t.host.before == o.host.before && t.host.after == o.host.after && t.host.hasID == o.host.hasID
}

// Annotations are those that every server's Ingress gets, but for OpenKruiseGame's own.
func (t Template) Annotations() map[string]string {
	out := make(map[string]string, len(t.annotations))
	for key, text := range t.annotations {
		out[key] = text.is
	}
	return out
}

// AnnotationField is the field of the parameter that an annotation comes from, or of all parameters.
func (t Template) AnnotationField(key string) string {
	if text, given := t.annotations[key]; given {
		return valueField(text.param)
	}
	return confField
}

func longer(a, b string) string {
	if len(a) > len(b) {
		return a
	}
	return b
}

func shorter(a, b string) string {
	if len(a) > len(b) {
		return b
	}
	return a
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// maxRoutes bounds how many routes of a set are compared with each other.
const maxRoutes = 200_000

// Collision finds two servers whose Ingresses have a path and type in common, which on one host only one of them is
// served. ids are those of the set.
func (t Template) Collision(ids []int) (a, b int, found bool) {
	if len(ids) < 2 || !t.makes {
		return 0, 0, false
	}
	perServer := 0
	for _, path := range t.paths {
		if path.hasID {
			perServer++
		}
	}
	if perServer < 2 || len(ids) > maxRoutes/len(t.paths) {
		// One <id> in one path keeps all servers apart, and a path without one none: two of them stand for all. Only paths
		// like "/s<id>" and "/s1<id>" in one set meet at some ids.
		return ids[0], ids[1], t.Collide(ids[0], ids[1])
	}
	first := make(map[string]int, len(ids)*len(t.paths))
	for _, id := range ids {
		for i, path := range t.paths {
			route := string(orFirst(t.pathTypes, i)) + " " + path.of(id)
			if before, taken := first[route]; taken && before != id {
				return before, id, true
			}
			first[route] = id
		}
	}
	return 0, 0, false
}
