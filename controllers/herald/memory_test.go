package herald

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

func TestMemoryIsBoundedAndForgets(t *testing.T) {
	var m memory
	c := newClock()
	for set := range 3000 {
		for id := range 20 {
			s := gameserver.Identity{Namespace: "games", Set: fmt.Sprintf("set%d", set), ID: id}
			m.hear(s, note(s, message), c.now())
		}
	}
	if m.texts != maxMemory || len(m.sets) > maxMemory/maxTexts {
		t.Errorf("%d texts of %d sets", m.texts, len(m.sets))
	}
	// Of each set that is known ten texts and the one for all others.
	if told := count(&m, c); told != maxMemory {
		t.Errorf("%d are told", told)
	}
	if dropped := m.forget(c.now()); dropped < 3000*20-maxMemory-10*len(m.sets) || m.forget(c.now()) != 0 {
		t.Errorf("dropped %d", dropped)
	}
	c.after(remembered)
	m.forget(c.now())
	if m.texts != maxMemory {
		t.Error("forgotten too early")
	}
	c.after(1)
	m.forget(c.now())
	if m.texts != 0 || len(m.sets) != 0 {
		t.Errorf("%d texts of %d sets are left", m.texts, len(m.sets))
	}
	m.hear(server(7), "again", c.now())
	if told := count(&m, c); told != 1 {
		t.Errorf("%d are told", told)
	}
}

func count(m *memory, c *clock) (told int) {
	for m.next(c.now()) != nil {
		told++
	}
	return told
}

func TestATextIsToldAtOnceAndThenOnceInAPause(t *testing.T) {
	var m memory
	c := newClock()
	for i, step := range []struct {
		wait  int // in tenths of a pause
		hears int
		want  int32
	}{
		{0, 1, 1}, {0, 3, 0}, {9, 0, 0}, {1, 0, 3}, {10, 0, 0}, {0, 1, 1}, {5, 2, 0}, {4, 1, 0}, {1, 1, 4}, {10, 0, 0},
	} {
		c.after(time.Duration(step.wait) * pause / 10)
		for range step.hears {
			m.hear(server(7), "x", c.now())
		}
		got := int32(0)
		if r := m.next(c.now()); r != nil {
			got = r.times
		}
		if got != step.want {
			t.Errorf("step %d: told of %d, want %d", i, got, step.want)
		}
	}
}

func TestWhoeverWaitsLongestIsToldFirst(t *testing.T) {
	var m memory
	c := newClock()
	for _, text := range []string{"c", "a", "b"} {
		m.hear(server(7), text, c.now())
		c.after(1)
		m.hear(server(7), "c", c.now())
	}
	order := ""
	for r := m.next(c.now()); r != nil; r = m.next(c.now()) {
		order += r.note
	}
	if order != "cab" {
		t.Errorf("%s", order)
	}
}
