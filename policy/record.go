package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// AppliedAnnotation holds the record of what Gatehouse changed on an Ingress and why.
const AppliedAnnotation = "gatehouse.dev/applied"

// RecordVersion is the version of the record this binary writes. A binary never rewrites a record of a higher one.
const RecordVersion = 1

// record is what Gatehouse changed: for each key who wanted it, the value that was set and what the author had there.
type record struct {
	Version int              `json:"v"`
	Hash    string           `json:"hash"`
	Keys    map[string]entry `json:"keys"`
}

// entry is one changed key. Value is nil where the author's key was removed; Was is nil where the author had none.
type entry struct {
	Policy string  `json:"policy"`
	Layer  Layer   `json:"layer"`
	Value  *string `json:"value,omitempty"`
	Was    *string `json:"was,omitempty"`
}

// recordState says what to make of an Ingress's record.
type recordState int

const (
	recordNone       recordState = iota // no record: everything is the author's
	recordRead                          // ours, readable
	recordUnreadable                    // broken: everything is the author's
	recordNewer                         // written by a newer Gatehouse: hands off
)

func readRecord(annotations map[string]string) (record, recordState) {
	text, ok := annotations[AppliedAnnotation]
	if !ok {
		return record{}, recordNone
	}
	// The version is read on its own first: a newer record may have another shape.
	var version struct {
		V int `json:"v"`
	}
	if err := json.Unmarshal([]byte(text), &version); err != nil || version.V < 1 {
		return record{}, recordUnreadable
	}
	if version.V > RecordVersion {
		return record{}, recordNewer
	}
	var r record
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return record{}, recordUnreadable
	}
	return r, recordRead
}

// HasCurrentRecord tells whether the annotations carry a readable record at least as new as this binary writes: such
// an object from our own hand needs no second look by a replica whose policies may be older.
func HasCurrentRecord(annotations map[string]string) bool {
	_, state := readRecord(annotations)
	return state == recordNewer || state == recordRead
}

// author is what the annotations would be without us. A key is ours only if the record names it with exactly the
// standing value; anything else has been written by somebody since. Keys that no gateway reads were never ours: whoever
// writes such a record by hand must not have us write the class or OpenKruiseGame's hash.
func (r record) author(annotations map[string]string) map[string]string {
	out := make(map[string]string, len(annotations)+len(r.Keys))
	for k, v := range annotations {
		if k != AppliedAnnotation {
			out[k] = v
		}
	}
	for k, e := range r.Keys {
		if !e.stands(annotations, k) || !gateway.Touches(k) {
			continue
		}
		if e.Was != nil {
			out[k] = *e.Was
		} else {
			delete(out, k)
		}
	}
	return out
}

// stands tells whether the annotations carry everything that the record says was set and nothing that it says was removed.
func (r record) stands(annotations map[string]string) bool {
	for k, e := range r.Keys {
		if !e.stands(annotations, k) {
			return false
		}
	}
	return len(r.Keys) > 0
}

func (e entry) stands(annotations map[string]string, key string) bool {
	standing, there := annotations[key]
	return e.Value == nil && !there || e.Value != nil && there && standing == *e.Value
}

// encode writes the record with its hash. The hash is over what was decided, not over what the author had before, so
// that two Ingresses with equal hash carry the same decision.
func (r record) encode() string {
	decided := make([]byte, 0, 1024)
	for _, k := range slices.Sorted(maps.Keys(r.Keys)) {
		e := r.Keys[k]
		for _, field := range [...]string{k, e.Policy, string(e.Layer)} {
			decided = strconv.AppendQuote(decided, field)
		}
		if e.Value != nil {
			decided = strconv.AppendQuote(append(decided, '='), *e.Value)
		}
		decided = append(decided, '\n')
	}
	sum := sha256.Sum256(decided)
	r.Version, r.Hash = RecordVersion, hex.EncodeToString(sum[:8])
	text, _ := json.Marshal(r) // strings and an int always encode
	return string(text)
}
