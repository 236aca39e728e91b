package snapshot

import (
	"fmt"
	"sync"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// policyStore holds the GamePolicies that stand and what they compile to. Compiling runs the CRD's schema and CEL
// rules and is much dearer than the rest, so an edit compiles the one policy that it changed.
type policyStore struct {
	mu       sync.Mutex
	standing map[string]*v1alpha1.GamePolicy

	// compiled is used by compile and counts only, which one goroutine calls.
	compiled map[string]compiledPolicy
}

type compiledPolicy struct {
	edition edition
	mode    v1alpha1.Mode
	// result is nil where Compile refuses the policy and has never accepted it.
	result *policy.Compiled
	// refused: result, if any, is what the policy said before. findings say why.
	refused  bool
	findings []finding.Finding
}

// edition changes whenever a policy may compile to something else.
type edition struct {
	uid        types.UID
	generation int64
	deleting   bool
}

func editionOf(p *v1alpha1.GamePolicy) edition {
	return edition{p.UID, p.Generation, p.DeletionTimestamp != nil}
}

// put takes a policy and tells whether it changes anything: writes of status and metadata do not.
func (s *policyStore) put(p *v1alpha1.GamePolicy) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, stood := s.standing[p.Name]
	if s.standing == nil {
		s.standing = map[string]*v1alpha1.GamePolicy{}
	}
	s.standing[p.Name] = p
	return !stood || editionOf(before) != editionOf(p)
}

func (s *policyStore) remove(p *v1alpha1.GamePolicy) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.standing, p.Name)
}

// compile returns the compiled policies that stand. One that is refused is logged and left out; the others go on.
func (s *policyStore) compile(log logr.Logger) []*policy.Compiled {
	s.mu.Lock()
	standing := make([]*v1alpha1.GamePolicy, 0, len(s.standing))
	for _, p := range s.standing {
		standing = append(standing, p)
	}
	s.mu.Unlock()

	next := make(map[string]compiledPolicy, len(standing))
	list := make([]*policy.Compiled, 0, len(standing))
	for _, p := range standing {
		c, known := s.compiled[p.Name]
		if !known || c.edition != editionOf(p) {
			c = recompile(c, p, log)
		}
		next[p.Name] = c
		if c.result != nil {
			list = append(list, c.result)
		}
	}
	s.compiled = next
	return list
}

// recompile takes an edit. One that is refused leaves what the policy said before: taking that away would open on live
// servers what it closes, because of a mistake that nobody meant.
func recompile(before compiledPolicy, p *v1alpha1.GamePolicy, log logr.Logger) compiledPolicy {
	now := compiledPolicy{edition: editionOf(p), mode: p.Spec.Mode}
	now.result, now.findings = compileOne(p, log)
	now.refused = now.result == nil
	if now.refused && before.edition.uid == p.UID && !now.edition.deleting {
		now.result = before.result
	}
	return now
}

// compileOne compiles a policy. The API server has run the same rules, so a refusal means that the CRD in the cluster
// is not this binary's. A panic counts as one: a single object must not take the webhook away from all the others.
func compileOne(p *v1alpha1.GamePolicy, log logr.Logger) (result *policy.Compiled, findings []finding.Finding) {
	log = log.WithValues("policy", p.Name, "generation", p.Generation)
	defer func() {
		if fault := recover(); fault != nil {
			result, findings = nil, []finding.Finding{{Code: finding.PolicyInvalid, Severity: finding.Error, Message: "this version of Gatehouse fails on it; its log says where"}}
			log.Error(fmt.Errorf("panic: %v", fault), "GamePolicy is not in effect as it stands")
		}
	}()
	result, findings = policy.Compile(p)
	if result == nil {
		log.Info("GamePolicy is not in effect as it stands: it is refused", "findings", reasons(findings))
	}
	return result, findings
}

func reasons(findings []finding.Finding) []string {
	const most = 10
	var list []string
	for _, f := range findings[:min(len(findings), most)] {
		list = append(list, f.String())
	}
	return list
}

// counts is the number of policies by mode and by whether they are accepted.
func (s *policyStore) counts() map[policyLabels]int {
	counts := map[policyLabels]int{}
	for _, c := range s.compiled {
		counts[policyLabels{c.mode, !c.refused}]++
	}
	return counts
}
