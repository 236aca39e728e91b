package review_test

import (
	"fmt"
	"testing"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/review"
)

const hostField = "spec.network.networkConf[4].value: "

func TestASetThatWorksIsNotSpokenOf(t *testing.T) {
	for _, s := range []*gameserver.GameServerSet{
		set("games/postio", "game<id>.postio.example.com", 10),
		set("games/postio", "lobby.example.com", 10, with("Path", "/s<id>")),
		set("games/postio", "lobby.example.com", 1),
		set("games/postio", "game<id>.postio.example.com", 0),
		set("games/postio", "game<id>.postio.example.com", 3, reserve(1, "3-4")),
		set("games/postio", "game<id>.postio.example.com", 10, param("Annotation", "higress.io/timeout: 60")),
	} {
		w := empty(t).standing(set("lobby/arena", "arena<id>.example.com", 10), s).held("arena0.example.com", server("lobby", "arena", 0))
		w.says(review.Request{Set: s})
		w.says(review.Request{Set: s, Old: s})
	}
}

func TestHostsOfOthersAreRefusedTogether(t *testing.T) {
	w := empty(t).standing(set("lobby/arena", "s<id>.example.com", 40))
	for _, id := range []int{3, 4, 5, 31} {
		w.held(fmt.Sprintf("s%d.example.com", id), server("lobby", "arena", id))
	}
	w.held("s7.example.com", v1alpha1.Holder{Namespace: "web"})
	w.Others = w.Others[:0] // only what is held counts
	w.standing(set("lobby/arena", "elsewhere<id>.example.com", 40))
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 40)},
		"refused: "+hostField+`id 7: "s7.example.com" is held by the web Ingresses of namespace web; choose another Host, or free it there first: kubectl describe hostclaim s7.example.com.higress [GH202]`,
		"refused: "+hostField+`ids 3-5 and 31: "s3.example.com" and 3 more are held by GameServerSet lobby/arena; choose another Host, or free it there first: kubectl describe hostclaim s3.example.com.higress [GH202]`)
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 1, reserve("0-2"))},
		"refused: "+hostField+`"s3.example.com" is held by game server lobby/arena-3 (GameServerSet arena, id 3); choose another Host, or free it there first: kubectl describe hostclaim s3.example.com.higress [GH202]`)
	// Its own, of which one has widened to the set, and one of its namespace's front end.
	w = empty(t).held("s0.example.com", server("games", "postio", 0)).held("s1.example.com", v1alpha1.Holder{Namespace: "games"})
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 2)})
}

func TestHostsThatOtherSetsAreToHaveAreRefusedBeforeAnybodyHoldsThem(t *testing.T) {
	w := empty(t).standing(set("lobby/arena", "s1<id>.example.com", 5))
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 12)},
		"refused: "+hostField+`ids 10-11: "s10.example.com" and 1 more are to be those of GameServerSet lobby/arena; choose another Host [GH202]`)
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 8)},
		`warning: spec.replicas: GameServerSet lobby/arena has the hosts of ids 10-14, next in line [GH315]`)
	w.says(review.Request{Set: set("games/postio", "s12.example.com", 1)},
		"refused: "+hostField+`"s12.example.com" is to be that of game server lobby/arena-2 (GameServerSet arena, id 2); choose another Host [GH202]`)
	// On another gateway, of a class that nobody manages, and nobody's server.
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 12, with("IngressClassName", "nginx"))})
	w.says(review.Request{Set: set("games/postio", "t<id>.example.com", 12)})
	shared := empty(t).standing(set("lobby/arena", "lobby.example.com", 5, with("Path", "/<id>")))
	shared.says(review.Request{Set: set("games/postio", "lobby.example.com", 2, with("Path", "/s<id>"))},
		"refused: "+hostField+`"lobby.example.com" is to be that of GameServerSet lobby/arena; choose another Host [GH202]`)
}

func TestOnlyWhatAWriteBringsAboutRefusesIt(t *testing.T) {
	held := `"s0.example.com" and 1 more are held by GameServerSet lobby/arena; choose another Host, or free it there first: kubectl describe hostclaim s0.example.com.higress [GH202]`
	w := empty(t).standing(set("lobby/arena", "s<id>.example.com", 3))
	for id := range 3 {
		w.held(fmt.Sprintf("s%d.example.com", id), server("lobby", "arena", id))
	}
	two, three := set("games/postio", "s<id>.example.com", 2), set("games/postio", "s<id>.example.com", 3)
	next := `warning: spec.replicas: GameServerSet lobby/arena has the hosts of id 2, next in line [GH315]`
	w.says(review.Request{Set: two, Old: two}, "stood: "+hostField+"ids 0-1: "+held, next)
	w.says(review.Request{Set: two, Old: three}, "stood: "+hostField+"ids 0-1: "+held, next)
	w.says(review.Request{Set: three, Old: two},
		"refused: "+hostField+`id 2: "s2.example.com" is held by game server lobby/arena-2 (GameServerSet arena, id 2); choose another Host, or free it there first: kubectl describe hostclaim s2.example.com.higress [GH202]`,
		"stood: "+hostField+"ids 0-1: "+held)
	// A server that lives outside of the projection has the new host too.
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 1, reserve(0, 1, "3-99")), Old: set("games/postio", "t<id>.example.com", 1, reserve(0, 1, "3-99")), Live: []int{1}},
		"refused: "+hostField+`ids 1-2: "s1.example.com" and 1 more are held by GameServerSet lobby/arena; choose another Host, or free it there first: kubectl describe hostclaim s1.example.com.higress [GH202]`)
	deleted := *three
	deleted.DeletionTimestamp = &deleted.CreationTimestamp
	w.says(review.Request{Set: &deleted, Old: two})
}

func TestAHostThatIsAboutToBeFreeIsWaitedFor(t *testing.T) {
	w := empty(t).held("s0.example.com s1.example.com", server("games", "gone", 0))
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 2)},
		"warning: "+hostField+`ids 0-1 get "s0.example.com" and 1 more when the claims are released, within 2 minutes; GameServerSet games/gone is gone [GH202]`)
	w = empty(t).held("s10.example.com", server("games", "postio", 10))
	w.says(review.Request{Set: set("games/postio", "s1<id>.example.com", 1), Old: set("games/postio", "s<id>.example.com", 1), Live: []int{10}},
		"warning: "+hostField+`id 0 waits for "s10.example.com" until other servers of the set have moved on [GH202]`)
}

func TestHostsThatPoliciesDoNotAllowAreRefused(t *testing.T) {
	w := empty(t).policy(game("postio-hosts", func(p *v1alpha1.GamePolicySpec) {
		p.Hosts = &v1alpha1.HostRules{Allowed: []string{"*.postio.example.com"}, Template: "game<id>.postio.example.com"}
	}))
	w.says(review.Request{Set: set("games/postio", "game<id>.postio.example.com", 3)})
	w.says(review.Request{Set: set("games/postio", "game<id>.example.com", 3)},
		"refused: "+hostField+`ids 0-2: "game0.example.com" is not among the hosts that GamePolicy postio-hosts allows (*.postio.example.com); use one of these, or ask the operator [GH203]`,
		"refused: "+hostField+`ids 0-2: "game0.example.com" is not the host of server 0, which is "game0.postio.example.com" by hosts.template of GamePolicy postio-hosts; set Host to "game<id>.postio.example.com" [GH204]`)
	w.says(review.Request{Set: set("games/postio", "*.postio.example.com", 1, reserve(0))},
		"refused: "+hostField+`"*.postio.example.com" is not among hosts.wildcards; use a host of the server's own, or ask the operator to allow it [GH205]`)
}

func TestAWildcardThatNobodyForbidsIsAWarning(t *testing.T) {
	empty(t).says(review.Request{Set: set("games/postio", "*.postio.example.com", 1)},
		"warning: "+hostField+`"*.postio.example.com" serves what no other Ingress names; give each server a host [GH210]`)
}

func TestAServerThatWouldWaitInQuarantineIsNoReasonToRefuse(t *testing.T) {
	w := empty(t).standing(set("lobby/arena", "s<id>.example.com", 2)).policy(game("park", func(p *v1alpha1.GamePolicySpec) {
		p.Hosts = &v1alpha1.HostRules{OnConflict: v1alpha1.OnConflictQuarantine}
	}))
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 3)},
		"warning: "+hostField+`ids 0-1 wait in quarantine for "s0.example.com" and 1 more of GameServerSet lobby/arena [GH209]`)
}

func TestServersOfASetNeedRoutesOfTheirOwn(t *testing.T) {
	const same = `ids 0-1 have the host "lobby.example.com" and the same path; the gateway would serve one of them alone; put <id> into Host or Path [GH201]`
	one, two := set("games/postio", "lobby.example.com", 1), set("games/postio", "lobby.example.com", 2)
	w := empty(t)
	w.says(review.Request{Set: one})
	w.says(review.Request{Set: one, Autoscaler: &review.Autoscaler{Name: "autoscaler lobby", Max: 5}},
		"warning: spec.replicas: ids 1-4, in reach of autoscaler lobby (5), would share host and path with id 0; put <id> into Host [GH315]")
	w.says(review.Request{Set: two}, "refused: "+hostField+same)
	w.says(review.Request{Set: two, Old: one}, "refused: "+hostField+same)
	w.says(review.Request{Set: two, Old: two}, "stood: "+hostField+same)
	w.says(review.Request{Set: set("games/postio", "lobby.example.com", 11, with("Path", "/s<id>"), param("Path", "/s1<id>"))},
		"refused: "+hostField+`ids 0 and 10 have the host "lobby.example.com" and the same path; the gateway would serve one of them alone; put <id> into Host or Path [GH201]`)
	// A policy tells them apart by a header.
	w = empty(t).policy(game("by-header", func(p *v1alpha1.GamePolicySpec) {
		p.Overrides = &v1alpha1.TrafficSettings{Match: &v1alpha1.Match{Headers: []v1alpha1.HeaderMatch{{Name: "x-server", Exact: "<id>"}}}}
	}))
	w.says(review.Request{Set: two})
}
