package review

import (
	"strconv"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// kind is how something stands in a server's way.
type kind int

const (
	free      kind = iota
	taken          // somebody else has the host, or is to have it
	waits          // the same, and the server waits in quarantine for it
	leaving        // the holder's set is gone; the deed follows
	moves          // another server of the set has it, and is to have another one
	forbidden      // a policy does not allow it
)

// conflict is what stands in the way of servers for the same reason.
type conflict struct {
	kind      kind
	projected bool // nobody holds the deed, but a set is to have it
	holder    v1alpha1.Holder
	rule      finding.Finding
	// stood: these servers were to have these hosts before.
	stood bool
	// shared: it is the one host of all servers.
	shared bool

	ids  []int
	deed host.Deed // of the first
}

// grouped collects conflicts in the order in which they are found.
type grouped struct {
	shared bool
	list   []*conflict
	at     map[reason]*conflict
}

// reason is what conflicts have in common that are told together.
type reason struct {
	kind             kind
	projected, stood bool
	code             finding.Code
	namespace, set   string
}

func (g *grouped) add(c conflict, id int, deed host.Deed) {
	key := reason{c.kind, c.projected, c.stood, c.rule.Code, c.holder.Namespace, c.holder.GameServerSet}
	if g.at == nil {
		g.at = map[reason]*conflict{}
	}
	same := g.at[key]
	if same == nil {
		same = &c
		same.deed, same.shared = deed, g.shared
		g.at[key] = same
		g.list = append(g.list, same)
	}
	same.ids = append(same.ids, id)
}

// finding is the conflict as said of the set, which has so many servers.
func (c *conflict) finding(field string, servers int) finding.Finding {
	if c.kind == forbidden {
		f := c.rule
		f.Field, f.Message = field, c.whose(servers)+c.rule.Message
		return f
	}
	f := finding.Finding{Code: finding.HostTaken, Severity: finding.Warning, Field: field}
	hosts, _ := c.hosts()
	switch c.kind {
	case waits:
		f.Code = finding.HostQuarantined
		f.Message = c.whoever("waits", "wait") + " in quarantine for " + hosts + " of " + setOf(c)
	case leaving:
		f.Message = c.whoever("gets", "get") + " " + hosts + " when the claims are released, within 2 minutes; " + setOf(c) + " is gone"
	case moves:
		f.Message = c.whoever("waits", "wait") + " for " + hosts + " until other servers of the set have moved on"
	default:
		f.Severity = finding.Error
		f.Message = c.whose(servers) + c.fact() + "; choose another Host"
		if !c.projected {
			f.Message += ", or free it there first: kubectl describe hostclaim " + finding.NoPercent(c.deed.ClaimName())
		}
	}
	return f
}

// whoever is the servers as the subject of a sentence.
func (c *conflict) whoever(one, many string) string {
	if c.shared {
		return "the set " + one
	}
	if len(c.ids) == 1 {
		many = one
	}
	return gameserver.DescribeIDs(c.ids) + " " + many
}

// whose names the servers, where they are not all that the set has.
func (c *conflict) whose(servers int) string {
	if c.shared || servers == 1 {
		return ""
	}
	return gameserver.DescribeIDs(c.ids) + ": "
}

// hosts names the first host, and that there are more.
func (c *conflict) hosts() (text string, several bool) {
	text = policy.QuoteHost(c.deed.Host)
	if n := len(c.ids) - 1; n > 0 {
		return text + " and " + strconv.Itoa(n) + " more", true
	}
	return text, false
}

// fact says who has the hosts.
func (c *conflict) fact() string {
	hosts, several := c.hosts()
	if several && c.holder.GameServerSet != "" {
		if c.projected {
			return hosts + " are to be those of " + setOf(c)
		}
		return hosts + " are held by " + setOf(c)
	}
	verb := " is held by "
	switch {
	case c.projected:
		verb = " is to be that of "
	case several:
		verb = " are held by "
	}
	return hosts + verb + host.Describe(c.holder)
}

func setOf(c *conflict) string {
	if c.holder.GameServerSet == "" {
		return "the web Ingresses of namespace " + c.holder.Namespace
	}
	return "GameServerSet " + c.holder.Namespace + "/" + c.holder.GameServerSet
}
