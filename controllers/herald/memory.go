package herald

import (
	"cmp"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

const (
	// pause is between two writes of one text; what comes meanwhile is counted by the next.
	pause = 30 * time.Second
	// remembered is for how long a text is known after it was heard last.
	remembered = 10 * time.Minute
	// maxTexts is how many texts are told of one set. Each is an Event on the set and one on the server in etcd, and a set
	// may have a thousand servers with the same mistake.
	maxTexts = 10
	// maxMemory is how many texts are known in all: two megabytes at most.
	maxMemory = 2000
)

// more stands for all further texts of a set.
const more = "Ingresses of more servers of this set are refused too; the events of their Pods say why: kubectl describe pod"

// refusals are those of one text since it was told last.
type refusals struct {
	set types.NamespacedName
	// server is the name of the game server; empty where the text is about several.
	server string
	note   string

	times       int32
	first, last time.Time
	// told is when the text was told last.
	told time.Time
}

func (r *refusals) due(now time.Time) bool { return r.times > 0 && now.Sub(r.told) >= pause }

// memory is what was heard of late, by set and text. The zero value is empty. Its methods may be called from any goroutine.
type memory struct {
	mu      sync.Mutex
	sets    map[types.NamespacedName]map[string]*refusals
	texts   int
	dropped int
}

// hear takes in a refusal.
func (m *memory) hear(server gameserver.Identity, note string, now time.Time) {
	set := types.NamespacedName{Namespace: server.Namespace, Name: server.Set}
	name := server.Name()
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.sets[set]
	if known[note] == nil && len(known) >= maxTexts {
		name, note = "", more
	}
	r := known[note]
	if r == nil {
		if r = m.add(set, name, note); r == nil {
			m.dropped++
			return
		}
	}
	if r.times == 0 {
		r.first = now
	}
	r.times++
	r.last = now
}

// add makes room for a text; nil if there is none.
func (m *memory) add(set types.NamespacedName, server, note string) *refusals {
	if m.texts >= maxMemory {
		return nil
	}
	if m.sets == nil {
		m.sets = map[types.NamespacedName]map[string]*refusals{}
	}
	if m.sets[set] == nil {
		m.sets[set] = map[string]*refusals{}
	}
	r := &refusals{set: set, server: server, note: note}
	m.sets[set][note] = r
	m.texts++
	return r
}

// next is what is to be told now, the oldest first; nil if there is nothing. It counts as told from then on, also where
// that fails: there is another try with the next refusal.
func (m *memory) next(now time.Time) *refusals {
	m.mu.Lock()
	defer m.mu.Unlock()
	var oldest *refusals
	for _, known := range m.sets {
		for _, r := range known {
			if r.due(now) && (oldest == nil || cmp.Or(r.first.Compare(oldest.first), cmp.Compare(r.note, oldest.note)) < 0) {
				oldest = r
			}
		}
	}
	if oldest == nil {
		return nil
	}
	told := *oldest
	oldest.times, oldest.told = 0, now
	return &told
}

// forget drops the texts that nobody has heard for long, and returns how many refusals there was no room for since it was
// called last.
func (m *memory) forget(now time.Time) (dropped int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for set, known := range m.sets {
		for note, r := range known {
			if now.Sub(r.last) > remembered {
				delete(known, note)
				m.texts--
			}
		}
		if len(known) == 0 {
			delete(m.sets, set)
		}
	}
	dropped, m.dropped = m.dropped, 0
	return dropped
}
