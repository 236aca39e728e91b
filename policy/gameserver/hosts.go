package gameserver

// Makes tells whether there is an Ingress to compute at all.
func (t Template) Makes() bool { return t.makes }

// HostMisspelt tells whether there is a Host under a wrong name: what follows from its absence is not what its author wrote.
func (t Template) HostMisspelt() bool { return t.hostMeant }

// Host is the host of one server as OpenKruiseGame writes it, empty where no Host is given.
func (t Template) Host(id int) string { return t.host.of(id) }

// HasOwnHosts tells whether each server has a host of its own, by an <id> in Host. Otherwise all share one.
func (t Template) HasOwnHosts() bool { return t.host.hasID }

// Collide tells whether the Ingresses of two servers have a path and type in common, which on one host only one of them
// is served.
func (t Template) Collide(id, other int) bool {
	mine := map[string]bool{}
	for i, path := range t.paths {
		mine[string(orFirst(t.pathTypes, i))+" "+path.of(id)] = true
	}
	for i, path := range t.paths {
		if mine[string(orFirst(t.pathTypes, i))+" "+path.of(other)] {
			return true
		}
	}
	return false
}
