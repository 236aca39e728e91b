package policy

import (
	"maps"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// contribution is what one policy has to say: its blocks as they are now, or, while it is frozen, what the record says
// it had set on this Ingress.
type contribution struct {
	policy   *Compiled
	recorded map[string]entry // nil: the blocks speak; each entry has a value
}

func enforcing(m v1alpha1.Mode) bool          { return m == v1alpha1.ModeEnforce }
func enforcingOrWarning(m v1alpha1.Mode) bool { return m != v1alpha1.ModeAudit }

// contributions are the voices of the policies, by precedence. On UPDATE a frozen policy speaks with what it had set on
// the stored Ingress: where it still selects the server and still has the setting, in its own place; otherwise after all
// other policies, so that the value stays unless somebody else has a say in it.
func (s *Set) contributions(q *question, speaking func(v1alpha1.Mode) bool) []contribution {
	inPlace, behind := s.recorded(q)
	out := make([]contribution, 0, len(q.matched)+len(behind))
	for _, i := range q.matched {
		p := s.policies[i]
		switch {
		case inPlace[i] != nil:
			out = append(out, contribution{p, inPlace[i]})
		case p.frozen(q.Request) && q.Old != nil, !speaking(p.mode):
		default:
			out = append(out, contribution{policy: p})
		}
	}
	for _, i := range slices.Sorted(maps.Keys(behind)) {
		out = append(out, contribution{s.policies[i], behind[i]})
	}
	return out
}

// recorded reads what frozen policies had set, from the record of the stored object: that of the new one is in the hands
// of its author. The stored one was in them too if it was no Ingress of this server, or if no manager saw it; so a record
// can give a value that the gateway reads a place among the author's, and a policy's place only to a setting that this
// policy has.
func (s *Set) recorded(q *question) (inPlace, behind map[int]map[string]entry) {
	if !s.anyFrozen || !q.Class.Managed {
		return nil, nil
	}
	old, same := storedRecord(q.Request, q.server)
	if !same {
		return nil, nil
	}
	inPlace, behind = map[int]map[string]entry{}, map[int]map[string]entry{}
	for k, e := range old.Keys {
		i, known := s.byPolicy[e.Policy]
		if !known || !s.policies[i].frozen(q.Request) || e.Value == nil || !q.dialect.Accepts(k, *e.Value) {
			continue
		}
		into := behind
		if slices.Contains(q.matched, i) && s.policies[i].block(e.Layer).has(q.dialect, k) {
			into = inPlace
		}
		if into[i] == nil {
			into[i] = map[string]entry{}
		}
		into[i][k] = e
	}
	return inPlace, behind
}

// storedRecord is the record of the stored object, if that was the same server's Ingress.
func storedRecord(r *Request, server gameserver.Identity) (record, bool) {
	if r.Old == nil {
		return record{}, false
	}
	stored, isGame := gameserver.Identify(r.Old)
	stored.Fixed = server.Fixed // the same server, whoever owns its Ingress
	if !isGame || stored != server {
		return record{}, false
	}
	old, state := readRecord(r.Old.Annotations)
	return old, state == recordRead
}

// has tells whether the block sets what the key belongs to.
func (b *block) has(d gateway.Dialect, key string) bool {
	if s, typed := d.SettingOf(key); typed {
		_, set := b.values[s]
		return set
	}
	return slices.ContainsFunc(b.raw, func(a annotation) bool { return d.Canonical(a.key) == key })
}
